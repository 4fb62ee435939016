"""Calendars for subscription, and the booking systems' calendars that are read here."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.serializers import TenantSerializer
from core.api.viewsets import (
    CreateMixin,
    CrudViewSet,
    DestroyMixin,
    ListMixin,
    RetrieveMixin,
    TenantViewSet,
)
from core.services import records
from integrations.models import BookingFeed, CalendarFeed
from integrations.services import booking_feeds, calendar_feeds
from notifications.services import links

_CALENDAR = ["name", "kind", "resource", "with_bookings", "with_contacts"]
_BOOKINGS = ["resource", "source", "every_minutes", "is_active"]
_STAMPS = ["created_at", "updated_at"]


class CalendarFeedRead(TenantSerializer):
    """A calendar without its address."""

    class Meta:
        model = CalendarFeed
        fields = ["id", *_CALENDAR, "user", "last_used_at", "revoked_at", *_STAMPS]
        read_only_fields = fields


class CalendarFeedInput(TenantSerializer):
    """What a calendar program is to show; it is never more than you may see at present."""

    class Meta:
        model = CalendarFeed
        fields = _CALENDAR


class CalendarFeedMade(CalendarFeedRead):
    """The only answer that ever shows the address. Whoever has it can read the calendar."""

    address = serializers.URLField(read_only=True, allow_null=True)

    class Meta(CalendarFeedRead.Meta):
        fields = [*CalendarFeedRead.Meta.fields, "address"]
        read_only_fields = fields


class CalendarFeedViewSet(ListMixin, RetrieveMixin, CreateMixin, DestroyMixin, TenantViewSet):
    """Calendars for subscription (.ics). The address is in the answer to POST and nowhere else; DELETE revokes."""

    model = CalendarFeed
    requires_scheduling = True
    serializer_class = CalendarFeedRead
    input_serializer_class = CalendarFeedInput
    filterset_fields: ClassVar[Any] = ["kind", "resource"]
    search_fields = ["name", "resource__name"]
    rights: ClassVar[Any] = dict.fromkeys(
        ("list", "retrieve", "create", "destroy"), Right.WINDOW_VIEW
    )

    @extend_schema(request=CalendarFeedInput, responses={201: CalendarFeedMade})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new calendar of the caller's."""
        feed = CalendarFeed(**self.parsed())
        made, token = calendar_feeds.create_feed(feed, by=self.by, now=timezone.now())
        response = self.answer(made, code=status.HTTP_201_CREATED)
        address = links.absolute(reverse("calendar_feed", args=[token]))
        response.data = {**response.data, "address": address}
        response["Cache-Control"] = "no-store"
        return response

    def remembered(self, data: Any) -> Any:
        """The address is shown once; a repeated POST gets null in its place."""
        return {**data, "address": None} if isinstance(data, dict) and "address" in data else data

    def delete_row(self, row: CalendarFeed) -> None:
        calendar_feeds.revoke_feed(row, by=self.by, now=timezone.now())


class BookingFeedRead(TenantSerializer):
    """A subscription without its address, and how its last reading went."""

    class Meta:
        model = BookingFeed
        fields = [
            *("id", *_BOOKINGS, "state", "problem", "bookings", "refused"),
            *("checked_at", "succeeded_at", *_STAMPS),
        ]
        read_only_fields = fields


class BookingFeedInput(TenantSerializer):
    """`secret_url` is where the booking system offers its calendar of the resource; it is kept sealed."""

    secret_url = serializers.CharField(max_length=2000, write_only=True)

    class Meta:
        model = BookingFeed
        fields = [*_BOOKINGS, "secret_url"]


class BookingFeedViewSet(CrudViewSet):
    """Booking systems' calendars (.ics), each of one resource, that a worker reads again and again."""

    model = BookingFeed
    requires_scheduling = True
    serializer_class = BookingFeedRead
    input_serializer_class = BookingFeedInput
    filterset_fields: ClassVar[Any] = ["resource", "source", "state", "is_active"]
    search_fields = ["source", "resource__name", "resource__code"]
    rights: ClassVar[Any] = dict.fromkeys(
        ("list", "retrieve", "create", "update", "partial_update", "destroy", "read"),
        Right.BOOKING_MANAGE,
    )

    def create_row(self, values: dict[str, Any]) -> BookingFeed:
        return booking_feeds.create_feed(BookingFeed(**values), by=self.by, now=timezone.now())

    def update_row(self, row: BookingFeed, values: dict[str, Any]) -> BookingFeed:
        return booking_feeds.change_feed(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: BookingFeed) -> None:
        records.delete(row, by=self.by, now=timezone.now())

    @extend_schema(request=None, responses=BookingFeedRead)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Let a worker read it at once."""
        row = self.get_object()
        booking_feeds.ask_now(row, by=self.by, now=timezone.now())
        return self.answer(row)
