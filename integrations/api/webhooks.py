"""Webhooks: addresses that public events are sent to, and what became of each."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.chosen_fields import chosen_fields, only
from core.api.serializers import TenantSerializer
from core.api.viewsets import CrudViewSet, TenantViewSet
from core.services import records
from integrations.models import Webhook, WebhookDelivery
from integrations.services import webhooks

_OWN = ["name", "url", "event_types", "is_active"]
_STANDING = [
    *("disabled_at", "disabled_reason", "attempts", "next_at", "failing_since", "problem"),
    *("succeeded_at", "previous_secret_until", "created_by", "created_at", "updated_at"),
]


class WebhookRead(TenantSerializer):
    """A webhook without its secret, and how it stands. `next_at` matters while it fails."""

    event_types = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Webhook
        fields = ["id", *_OWN, *_STANDING]
        read_only_fields = fields


class WebhookInput(TenantSerializer):
    """`event_types` names the events to send; an empty list means all."""

    event_types = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=200
    )

    class Meta:
        model = Webhook
        fields = _OWN


class WebhookMade(WebhookRead):
    """The only answers that ever show the secret, with which receivers check signatures."""

    secret = serializers.CharField(read_only=True, allow_null=True)

    class Meta(WebhookRead.Meta):
        fields = [*WebhookRead.Meta.fields, "secret"]
        read_only_fields = fields


class EnableInput(serializers.Serializer[Any]):
    """`here`: with all it missed, as far as 30 days back; `now`: with what happens from now on."""

    start = serializers.ChoiceField(["here", "now"], default="here")


class DeliveryRead(TenantSerializer):
    """One attempt. `response` is the beginning of the answer, or why there was none."""

    class Meta:
        model = WebhookDelivery
        fields = [
            *("id", "event_id", "event_type", "position", "asked", "attempt", "at"),
            *("milliseconds", "status_code", "response", "outcome"),
        ]
        read_only_fields = fields


class DeliveryList(TenantViewSet):
    """How deliveries are sorted."""

    model = WebhookDelivery
    ordering_fields: ClassVar[Any] = {"at": "at"}
    ordering = "-at"


class WebhookViewSet(CrudViewSet):
    """Receivers of public events over HTTP, signed as Standard Webhooks asks.

    Each gets the organisation's events in order: the next leaves when the one before was answered with 2xx. What is
    refused is tried again for a day; then, or when the answer is 410, the webhook is switched off and people are told.
    """

    model = Webhook
    serializer_class = WebhookRead
    input_serializer_class = WebhookInput
    filterset_fields: ClassVar[Any] = ["is_active"]
    search_fields = ["name", "url"]
    ordering_fields: ClassVar[Any] = {"created_at": "created_at", "name": "name"}
    rights: ClassVar[Any] = dict.fromkeys(
        (
            *("list", "retrieve", "create", "update", "partial_update", "destroy"),
            *("enable", "retry", "rotate_secret", "test", "deliveries", "redeliver"),
        ),
        Right.WEBHOOK_MANAGE,
    )

    @extend_schema(request=WebhookInput, responses={201: WebhookMade})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new webhook. Its secret is in this answer and nowhere else."""
        response = super().create(request, *args, **kwargs)
        return self._with_secret(response, self._made.secret)

    def create_row(self, values: dict[str, Any]) -> Webhook:
        self._made = webhooks.create_webhook(Webhook(**values), by=self.by, now=timezone.now())
        return self._made

    def update_row(self, row: Webhook, values: dict[str, Any]) -> Webhook:
        return webhooks.change_webhook(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: Webhook) -> None:
        records.delete(row, by=self.by, now=timezone.now())

    def remembered(self, data: Any) -> Any:
        """The secret is shown once; a repeated POST gets null in its place."""
        return {**data, "secret": None} if isinstance(data, dict) and "secret" in data else data

    @extend_schema(request=EnableInput, responses=WebhookRead)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Switch it on again."""
        row = self.get_object()
        given = EnableInput(data=request.data)
        given.is_valid(raise_exception=True)
        from_now = given.validated_data["start"] == "now"
        return self.answer(webhooks.enable(row, from_now=from_now, by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=WebhookRead)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try what was refused at once."""
        row = self.get_object()
        webhooks.retry(row, by=self.by, now=timezone.now())
        row.refresh_from_db()
        return self.answer(row)

    @extend_schema(request=None, responses=WebhookMade)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """A new secret, in this answer and nowhere else. The one before signs as well for 24 hours."""
        row = webhooks.rotate_secret(self.get_object(), by=self.by, now=timezone.now())
        return self._with_secret(self.answer(row), row.secret)

    @extend_schema(request=None, responses={202: DeliveryRead})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send `webhook.test` to this webhook; the list of deliveries shows how it went."""
        row = webhooks.send_test(self.get_object(), by=self.by, now=timezone.now())
        return Response(DeliveryRead(row).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "outcome",
                OpenApiTypes.STR,
                enum=WebhookDelivery.Outcome.values,
                description="Only attempts that ended so.",
            )
        ],
        responses=DeliveryRead(many=True),
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """What was sent in the last 30 days, newest first."""
        rows = WebhookDelivery.objects.visible_to(self.by).filter(webhook=self.get_object())
        outcome = request.query_params.get("outcome", "")
        if outcome and outcome not in WebhookDelivery.Outcome.values:
            names = ", ".join(WebhookDelivery.Outcome.values)
            raise ValidationError({"outcome": [f"One of: {names}."]})
        if outcome:
            rows = rows.filter(outcome=outcome)
        page: Any = self.paginator.paginate_queryset(rows, request, DeliveryList())  # type: ignore[union-attr]
        return self.get_paginated_response(
            only(DeliveryRead(page, many=True).data, chosen_fields(request, DeliveryRead))
        )

    @extend_schema(request=None, responses={202: DeliveryRead})
    @action(detail=True, methods=["post"], url_path="deliveries/(?P<delivery>[^/]+)/redeliver")
    def redeliver(self, request: Request, pk: str, delivery: str) -> Response:
        """Send its event once more, with the same id, beside the order."""
        rows = WebhookDelivery.objects.visible_to(self.by).select_related("webhook")
        try:
            found = rows.filter(webhook=self.get_object(), pk=UUID(delivery)).first()
        except ValueError:
            found = None
        if found is None:
            raise Http404
        row = webhooks.redeliver(found, by=self.by, now=timezone.now())
        return Response(DeliveryRead(row).data, status=status.HTTP_202_ACCEPTED)

    def _with_secret(self, response: Response, secret: str) -> Response:
        response.data = {**response.data, "secret": secret}
        response["Cache-Control"] = "no-store"
        return response
