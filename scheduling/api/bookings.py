"""The mirror of the booking systems."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right, has_right
from core.api.filters import MomentFilter, RelatedFilter, TenantFilterSet
from core.api.serializers import MomentField, TenantSerializer
from core.api.viewsets import CrudViewSet
from core.errors import Invalid
from scheduling.models import Booking
from scheduling.services import bookings

_CONTACT = ("contact_name", "contact_email")
_COLUMNS = (
    *("id", "resource", "source", "reference", "starts_at", "ends_at", "status", "people"),
    *(*_CONTACT, "guest_id", "source_at", "created_at", "updated_at"),
)
_INPUT = [
    *("resource", "source", "reference", "starts_at", "ends_at", "status", "people"),
    *(*_CONTACT, "guest_id"),
]


class BookingRead(TenantSerializer):
    """Who the contact is, is shown to those who may see it; to others both fields are empty."""

    class Meta:
        model = Booking
        fields = list(_COLUMNS)
        read_only_fields = list(_COLUMNS)

    def to_representation(self, instance: Booking) -> Any:
        row = super().to_representation(instance)
        if not has_right(self.context["request"].user, Right.BOOKING_CONTACT_VIEW):
            row |= dict.fromkeys(_CONTACT, "")
        return row


class BookingInput(TenantSerializer):
    contact_email = serializers.EmailField(max_length=254, required=False, allow_blank=True)

    class Meta:
        model = Booking
        fields = _INPUT


class BookingEvent(BookingInput):
    """What a booking system says of one of its bookings, and when it said so."""

    source = serializers.CharField(max_length=50)  # type: ignore[assignment]
    reference = serializers.CharField(max_length=100)
    source_at = MomentField(required=False)

    class Meta(BookingInput.Meta):
        fields = [*_INPUT, "source_at"]


class BookingFilter(TenantFilterSet):
    """`after` and `before` bound the time: bookings with a moment in `[after, before)`."""

    resource = RelatedFilter()
    after = MomentFilter(field_name="ends_at", lookup_expr="gt")
    before = MomentFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Booking
        fields = ["status", "source", "reference", "guest_id"]


class BookingViewSet(CrudViewSet):
    """Who has which resource, and when. The booking system is right about its own bookings."""

    model = Booking
    requires_scheduling = True
    serializer_class = BookingRead
    input_serializer_class = BookingInput
    action_serializers: ClassVar[Any] = {"upsert": BookingEvent}
    filterset_class = BookingFilter
    search_fields = ["reference", "resource__name", "resource__code"]
    ordering_fields: ClassVar[Any] = {
        name: name for name in ("starts_at", "ends_at", "created_at", "reference")
    }
    ordering = "starts_at"
    list_values: ClassVar[Any] = {name: name for name in _COLUMNS}
    finished = frozenset(_CONTACT)
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.BOOKING_VIEW),
        **dict.fromkeys(
            ("create", "update", "partial_update", "destroy", "upsert"), Right.BOOKING_MANAGE
        ),
    }

    def finish_list(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not has_right(self.by, Right.BOOKING_CONTACT_VIEW):
            for row in rows:
                row |= dict.fromkeys(_CONTACT, "")
        return rows

    def create_row(self, values: dict[str, Any]) -> Booking:
        return bookings.create_booking(Booking(**values), by=self.by, now=timezone.now())

    def update_row(self, row: Booking, values: dict[str, Any]) -> Booking:
        return bookings.update_booking(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: Booking) -> None:
        bookings.delete_booking(row, by=self.by, now=timezone.now())

    @extend_schema(request=BookingEvent, responses={200: BookingRead, 201: BookingRead})
    @action(detail=False, methods=["post"])
    def upsert(self, request: Request) -> Response:
        """What a booking system says of its booking: made, changed in what it tells, or left alone as old news."""
        values = self.parsed()
        source_at = values.pop("source_at", None)
        is_new = not Booking.objects.filter(
            source=values["source"], reference=values["reference"]
        ).exists()
        booking = Booking(**values)
        if not booking.source.strip():
            raise Invalid("Name the booking system.", field="source")
        row, _ = bookings.upsert_booking(
            booking, source_at=source_at, by=self.by, now=timezone.now(), told=values.keys()
        )
        return self.answer(row, code=201 if is_new else 200)
