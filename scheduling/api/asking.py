"""Asking those who booked about a draft: actions of the windows' API."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.serializers import MomentField, RelatedRow
from core.api.viewsets import CrudViewSet
from core.errors import Conflict, Invalid
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import asking
from scheduling.services.alternatives import Alternative


class AskInput(serializers.Serializer[Any]):
    """`answer_by` is when you are told that answers are missing; 48 hours before the start unless you say otherwise."""

    answer_by = MomentField(required=False)


class OnBehalfInput(serializers.Serializer[Any]):
    """What the contact of `booking` said; `moved` names the alternative by its resource and start."""

    booking = RelatedRow(queryset=Booking.objects.none())
    choice = serializers.ChoiceField(choices=InquiryAnswer.Choice.choices)
    resource = RelatedRow(queryset=Resource.objects.none(), required=False)
    starts_at = MomentField(required=False)


class InquiryRow(serializers.Serializer[Any]):
    """One booking that was asked about. `is_open`: an answer still counts. Nothing of the contact."""

    id = serializers.UUIDField()
    booking = serializers.UUIDField()
    reference = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    reminders = serializers.IntegerField()
    is_open = serializers.BooleanField()
    answer = serializers.ChoiceField(choices=InquiryAnswer.Choice.choices, allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    on_behalf = serializers.BooleanField()
    resource = serializers.UUIDField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class RemindedRow(serializers.Serializer[Any]):
    reminded = serializers.IntegerField()


ASKING_SERIALIZERS: dict[str, Any] = {"ask": AskInput, "answer_for": OnBehalfInput}
ASKING_RIGHTS: dict[str, Right] = {
    "inquiries": Right.BOOKING_VIEW,
    "ask": Right.WINDOW_CHANGE,
    "remind": Right.WINDOW_CHANGE,
    "answer_for": Right.BOOKING_MANAGE,
}


class AskingActions(CrudViewSet):
    """For the viewset of windows."""

    rights: ClassVar[Any] = ASKING_RIGHTS

    @extend_schema(responses=InquiryRow(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def inquiries(self, request: Request, pk: str) -> Response:
        """Who was asked about the window, and what they answered."""
        return Response(_rows(self.get_object()))

    @extend_schema(request=AskInput, responses=InquiryRow(many=True), filters=False)
    @action(detail=True, methods=["post"], pagination_class=None)
    def ask(self, request: Request, pk: str) -> Response:
        """Ask the contact of each confirmed booking in the draft's way, by a link in a mail; each is asked once."""
        window, values = self.get_object(), self.parsed()
        asking.ask(window, by=self.by, now=timezone.now(), **values)
        return Response(_rows(window))

    @extend_schema(request=None, responses=RemindedRow)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: str) -> Response:
        """Ask those again who have not answered, at most once an hour."""
        count = asking.remind(self.get_object(), by=self.by, now=timezone.now())
        return Response({"reminded": count})

    @extend_schema(request=OnBehalfInput, responses=InquiryRow(many=True), filters=False)
    @action(detail=True, methods=["post"], url_path="answer", pagination_class=None)
    def answer_for(self, request: Request, pk: str) -> Response:
        """Write down what a contact said, for instance on the phone; it counts like their own answer."""
        window, values = self.get_object(), self.parsed()
        inquiry = asking.standing_inquiry(window, values["booking"])
        if inquiry is None:
            raise Conflict("This booking is not asked about the window now.", code="settled")
        asking.answer(
            inquiry,
            values["choice"],
            alternative=_key(values),
            by=self.by,
            now=timezone.now(),
        )
        return Response(_rows(window))


def _key(values: dict[str, Any]) -> str:
    if values["choice"] != InquiryAnswer.Choice.MOVED:
        return ""
    if "resource" not in values or "starts_at" not in values:
        raise Invalid("Say where and when the booking goes.", field="resource")
    start = values["starts_at"]
    return Alternative(values["resource"], start, start).key


def _rows(window: Window) -> list[dict[str, Any]]:
    now = timezone.now()
    rows = Inquiry.objects.filter(window=window).select_related(
        "window__resource", "booking__resource"
    )
    rows = rows.defer("booking__contact_name", "booking__contact_email")
    ordered = rows.prefetch_related("answers").order_by("asked_at", "pk")
    return [_row(inquiry, asking.is_open(inquiry, now=now)) for inquiry in ordered]


def _row(inquiry: Inquiry, is_open: bool) -> dict[str, Any]:
    answer = asking.last_answer(inquiry)
    return {
        "id": str(inquiry.pk),
        "booking": str(inquiry.booking_id),
        "reference": inquiry.booking.reference,
        "asked_at": inquiry.asked_at,
        "answer_by": inquiry.answer_by,
        "reminders": inquiry.reminders,
        "is_open": is_open,
        "answer": answer.choice if answer else None,
        "answered_at": answer.answered_at if answer else None,
        "on_behalf": bool(answer and answer.answered_by_id),
        "resource": str(answer.resource_id) if answer and answer.resource_id else None,
        "starts_at": answer.starts_at if answer else None,
        "ends_at": answer.ends_at if answer else None,
    }
