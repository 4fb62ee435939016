"""What came in from other systems, what became of it, and what a person decides: as the pages of events do."""

from typing import Any, ClassVar

import django_filters
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.filters import TenantFilterSet
from core.api.serializers import TenantSerializer
from core.api.viewsets import GuardedView, ReadOnlyViewSet
from core.models import OutboxEvent
from core.tenancy import current_organization_id
from integrations.api.incoming import led_to
from integrations.models import DeadLetter, InboundEvent
from integrations.services import publication
from integrations.services.inbound import letters, receiving

_MOST_UNTOLD = 100


class IncomingEventRead(TenantSerializer):
    """An event of another system. `problem` is a sentence, where there is something to say; `waits_for` what it names
    that is not known yet."""

    data = serializers.DictField(read_only=True)  # type: ignore[assignment]
    led_to = serializers.SerializerMethodField(help_text="What it made or changed.")

    class Meta:
        model = InboundEvent
        fields = [
            *("id", "source", "event_id", "type", "subject", "data", "happened_at", "received_at"),
            *("via", "sent_by", "correlation_id", "state", "problem", "attempts", "next_at"),
            *("waits_for", "led_to"),
        ]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_led_to(self, event: InboundEvent) -> dict[str, str] | None:
        return led_to(event)


class IncomingEventViewSet(ReadOnlyViewSet):
    """Events that other systems sent, newest first, kept for 90 days; what waits for a person stays."""

    model = InboundEvent
    serializer_class = IncomingEventRead
    filterset_fields: ClassVar[Any] = ["state", "type", "source", "event_id", "via"]
    search_fields = ["type", "source", "event_id"]
    ordering_fields: ClassVar[Any] = {"received_at": "received_at"}
    ordering = "-received_at"
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.EVENT_VIEW),
        **dict.fromkeys(("retry", "ignore"), Right.EVENT_SEND),
    }

    @extend_schema(request=None, responses=IncomingEventRead)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a parked or failed event again at once; `state` and `problem` say what became of it."""
        return self.answer(receiving.retry(self.get_object(), by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=IncomingEventRead)
    @action(detail=True, methods=["post"])
    def ignore(self, request: Request, pk: str) -> Response:
        """Leave a parked or failed event alone for good."""
        return self.answer(receiving.ignore(self.get_object(), by=self.by, now=timezone.now()))


class DeadLetterRead(TenantSerializer):
    """A message that is no event. `text` is what was kept of it; `is_whole` says whether that is all."""

    text = serializers.SerializerMethodField()
    is_whole = serializers.BooleanField(read_only=True)

    class Meta:
        model = DeadLetter
        fields = [
            *("id", "via", "headers", "text", "size", "is_whole", "problem", "received_at"),
            *("settled_at", "settled_by"),
        ]
        read_only_fields = fields

    def get_text(self, letter: DeadLetter) -> str:
        return letter.raw.decode(errors="replace")


class DeadLetterFilter(TenantFilterSet):
    """`settled=false` leaves what waits for a person."""

    settled = django_filters.BooleanFilter("settled_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = DeadLetter
        fields = ["via"]


class DeadLetterViewSet(ReadOnlyViewSet):
    """Messages that nobody could make sense of, newest first."""

    model = DeadLetter
    serializer_class = DeadLetterRead
    filterset_class = DeadLetterFilter
    search_fields = ["problem"]
    ordering_fields: ClassVar[Any] = {"received_at": "received_at"}
    ordering = "-received_at"
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.EVENT_VIEW),
        **dict.fromkeys(("retry", "settle"), Right.EVENT_SEND),
    }

    def _visible(self, rows: Any) -> Any:
        return rows.visible_to(self.request.user, organization_id=current_organization_id())

    @extend_schema(request=None, responses=DeadLetterRead)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Read it once more; what is understood now is taken in as an event, and the message is settled."""
        row = self.get_object()
        letters.retry(row, by=self.by, now=timezone.now())
        row.refresh_from_db()
        return self.answer(row)

    @extend_schema(request=None, responses=DeadLetterRead)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """It is dealt with."""
        row = self.get_object()
        letters.settle(row, by=self.by, now=timezone.now())
        row.refresh_from_db()
        return self.answer(row)


class UntoldRead(serializers.Serializer[Any]):
    """What happened here and could not be put into a public event."""

    name = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    problem = serializers.CharField(source="publication_error")


class UntoldAnswer(serializers.Serializer[Any]):
    """The newest first, 100 at most."""

    results = UntoldRead(many=True)


class UntoldRetried(serializers.Serializer[Any]):
    """How many will be told within seconds."""

    retried = serializers.IntegerField()


class UntoldView(GuardedView):
    """What could not be told to others; POST tries all of it again."""

    rights: ClassVar[Any] = {"get": Right.EVENT_VIEW, "post": Right.EVENT_SEND}

    @extend_schema(responses=UntoldAnswer)
    def get(self, request: Request) -> Response:
        """What waits for a person."""
        rows = OutboxEvent.objects.untold().order_by("-pk")[:_MOST_UNTOLD]
        return Response(UntoldAnswer({"results": rows}).data)

    @extend_schema(request=None, responses=UntoldRetried)
    def post(self, request: Request) -> Response:
        """Try to tell it once more."""
        return Response(UntoldRetried({"retried": publication.retry_untold()}).data)
