"""The due check on request, and its runs."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organization
from accounts.rights import Right
from core import outbox
from core.api import idempotency
from core.api.serializers import TenantSerializer
from core.api.throttles import AlertsThrottle
from core.api.viewsets import GuardedView, ReadOnlyViewSet
from core.tenancy import current_organization_id
from scheduling.models import DueCheckRun
from scheduling.services.due_check import check_now, figures

_FIELDS = (
    *("id", "trigger", "period", "as_of", "started_at", "finished_at", "started_by", "checked"),
    *("opened", "due_today", "due_tomorrow", "due_later", "overdue", "missed", "sent", "failed"),
    *("without_recipient", "seconds"),
)
#: Batches of events handed on for one request; the relay's own rounds do what is left.
_MOST_ROUNDS = 20


class DueCheckRunRead(TenantSerializer):
    class Meta:
        model = DueCheckRun
        fields = list(_FIELDS)
        read_only_fields = list(_FIELDS)


class Figures(serializers.Serializer[Any]):
    """What one run found and told."""

    run = serializers.UUIDField()
    as_of = serializers.DateTimeField()
    checked = serializers.IntegerField()
    opened = serializers.IntegerField()
    due_today = serializers.IntegerField()
    due_tomorrow = serializers.IntegerField()
    due_later = serializers.IntegerField()
    overdue = serializers.IntegerField()
    missed = serializers.IntegerField()
    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    without_recipient = serializers.IntegerField()
    seconds = serializers.FloatField()


class DueCheckRunViewSet(ReadOnlyViewSet):
    """Runs of the due check with their figures."""

    model = DueCheckRun
    requires_scheduling = True
    serializer_class = DueCheckRunRead
    filterset_fields = ["trigger", "period"]
    ordering_fields: ClassVar[Any] = {"started_at": "started_at", "period": "period"}
    ordering = "-started_at"
    list_values: ClassVar[Any] = {name: name for name in _FIELDS}
    rights: ClassVar[Any] = {"list": Right.DUE_CHECK_VIEW, "retrieve": Right.DUE_CHECK_VIEW}


class GenerateAlertsView(GuardedView):
    """Runs the due check of the caller's organisation now."""

    requires_scheduling = True
    rights: ClassVar[Any] = {"post": Right.DUE_CHECK_RUN}
    throttle_classes = [*GuardedView.throttle_classes, AlertsThrottle]

    @extend_schema(request=None, responses=Figures)
    def post(self, request: Request) -> Response:
        """Finds everything due up to the notice of each schedule, and tells people; repeating it tells nobody twice."""
        now = timezone.now()
        organization = Organization.objects.filter(pk=current_organization_id()).get()  # type: ignore[misc]
        run = check_now(organization=organization, by=request.user, now=now)  # type: ignore[arg-type]
        return Response(figures(run))

    def _guarded(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        """After the transaction of an Idempotency-Key, hand on what the caller's organisation has waiting.

        The answer then says what was sent; a repeated one is the first answer again.
        """
        response = super()._guarded(handler, request, *args, **kwargs)
        if idempotency.REPLAYED in response:
            return response
        now, organization_id = timezone.now(), current_organization_id()
        for _ in range(_MOST_ROUNDS):
            if not outbox.relay(now, organization_id=organization_id):
                break
        response.data = figures(DueCheckRun.objects.get(pk=response.data["run"]))
        idempotency.keep_again(request, response, self.remembered)
        return response
