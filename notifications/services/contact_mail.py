"""Letters to the contacts of bookings, written when they leave, from what is true then."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from core.rules.moments import day_and_time
from notifications.channels.base import CalendarFile, Letter
from notifications.models import Delivery, DeliveryWindow
from notifications.rules.window_words import CONFIRMATION, NOTICES, QUESTION
from notifications.rules.words import shorten
from notifications.services import calendar_files, contact_stops, links, threads
from scheduling import states
from scheduling.models import Booking, InquiryAnswer, Window
from scheduling.rules.window_words import period
from scheduling.services import asking, windows

_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
#: A letter names this many dates of a series; its attachment has more.
_MOST_DATES = 20
Choice = InquiryAnswer.Choice


def render(delivery: Delivery) -> Letter | None:
    """The letter, to the address that the booking has now; None when there is nothing to tell any more."""
    booking = delivery.booking
    if booking is None or not booking.contact_email:
        return None
    if delivery.letter == CONFIRMATION:  # they asked for it themselves, just now
        return _confirmation(delivery, booking)
    if booking.status not in states.CLAIMING or contact_stops.is_stopped(booking):
        return None
    rows = list(delivery.windows.select_related("resource").order_by("starts_at", "pk"))
    if delivery.letter == QUESTION:
        return _question(delivery, booking, rows[0]) if rows else None
    affecting = [row for row in rows if _affects(row, booking, delivery.letter)]
    if affecting:
        return _affected(delivery, booking, affecting)
    gone = [row for row in rows if row.status != states.COMPLETED]
    was_told = delivery.letter in {NOTICES["changed"], NOTICES["cancelled"]}
    if not gone or not was_told or not _has_heard(booking, gone):
        return None
    return _spared(delivery, booking, gone)


def _affects(window: Window, booking: Booking, letter: str) -> bool:
    """Whether the window stands and takes time of the booking; a reminder is about windows that have not begun."""
    wanted = {states.SCHEDULED} if letter == NOTICES["coming"] else states.BLOCKING
    if window.status not in wanted:
        return False
    return any(one.id == booking.pk for one in windows.collisions_of(window))


def _has_heard(booking: Booking, rows: list[Window]) -> bool:
    """Whether a letter about one of the windows has reached the contact."""
    sent = DeliveryWindow.objects.filter(
        window__in=rows, delivery__booking=booking, delivery__state=Delivery.State.SENT
    )
    return bool(sent.filter(delivery__letter__in=NOTICES.values()).exists())


def _affected(delivery: Delivery, booking: Booking, rows: list[Window]) -> Letter:
    first = rows[0]
    head = {
        NOTICES["coming"]: "Reminder: maintenance",
        NOTICES["changed"]: "Changed: maintenance",
    }.get(delivery.letter, "Maintenance")
    is_emergency = first.kind == Window.Kind.EMERGENCY
    if is_emergency and delivery.letter == NOTICES["scheduled"]:
        head = "Emergency"
    return _letter(
        delivery,
        booking,
        subject=f"{head} during your booking of {booking.resource.name}",
        opening=_opening(first, is_emergency),
        rows=rows,
        closing=_closing(booking, is_emergency),
        file=_file(delivery, booking, rows, gone=False),
    )


def _opening(window: Window, is_emergency: bool) -> str:
    place = window.resource.name
    if not is_emergency:
        return f"Maintenance ({window.title}) takes {place}, so it cannot be used then:"
    why = window.override_reason.rstrip(".")
    return f"We have to close {place} at short notice: {why}. We are sorry. It cannot be used then:"


def _closing(booking: Booking, is_emergency: bool) -> str:
    if is_emergency:
        return "Your booking cannot be kept as it is. We will find a solution with you."
    if booking.status == states.TENTATIVE:
        return "Your booking is an option so far and gives way. We will gladly find you another time or place."
    return "This falls into your booking. We will gladly find you another time or place."


def _spared(delivery: Delivery, booking: Booking, rows: list[Window]) -> Letter:
    called_off = all(row.status == states.CANCELLED for row in rows)
    reason = rows[0].cancel_reason if called_off else ""
    place = rows[0].resource.name
    opening = (
        f"The maintenance of {place} that we told you of is called off: {reason}"
        if called_off
        else f"The maintenance of {place} that we told you of has another time or place now."
    )
    return _letter(
        delivery,
        booking,
        subject=f"No maintenance during your booking of {booking.resource.name} any more",
        opening=opening,
        rows=[],
        closing="Your booking is not affected any more. You need not do anything.",
        file=_file(delivery, booking, rows, gone=True),
    )


def _question(delivery: Delivery, booking: Booking, window: Window) -> Letter | None:
    inquiry = asking.standing_inquiry(window, booking)
    if inquiry is None or asking.last_answer(inquiry) is not None:
        return None
    zone = booking.resource.effective_time_zone
    again = "Reminder: " if inquiry.reminders else ""
    address = links.absolute(reverse("guest_inquiry", args=[asking.token_of(inquiry)]))
    return _letter(
        delivery,
        booking,
        subject=f"{again}Can your booking of {booking.resource.name} make room for maintenance?",
        opening=f"We plan maintenance: {window.title}, {window.resource.name}.",
        rows=[window],
        closing=(
            "This falls into your booking. You choose: take another place or time, give the booking up, or keep it. "
            f"Please answer by {day_and_time(inquiry.answer_by, zone)}."
        ),
        action={"url": address, "label": "Choose what suits you"},
    )


def _confirmation(delivery: Delivery, booking: Booking) -> Letter | None:
    """What became of the booking by the answer; nothing when another answer followed, which is confirmed itself."""
    rows = InquiryAnswer.objects.select_related("inquiry__window__resource")
    given = rows.prefetch_related("inquiry__answers").get(pk=delivery.fact_key.partition(":")[2])
    inquiry, house = given.inquiry, delivery.organization.name
    if asking.last_answer(inquiry) != given:
        return None
    moved, released = given.choice == Choice.MOVED, given.choice == Choice.RELEASED
    if (moved and _place_of(given) != _place_of(booking)) or (
        released and booking.status != states.CANCELLED
    ):
        return None
    window = inquiry.window
    work = f"maintenance ({window.title}, {window.resource.name})"
    subject, opening, closing = {
        Choice.MOVED: (
            "Your booking has moved",
            f"Thank you for making room for {work}. Your booking has moved; the new place and time are below.",
            "You need not do anything else.",
        ),
        Choice.RELEASED: (
            "Your booking is cancelled",
            f"Thank you for making room for {work}. You gave your booking up, so it is cancelled.",
            f"If this is a mistake, get in touch with {house}.",
        ),
        Choice.KEPT: (
            "You keep your booking",
            f"Thank you for your answer about {work}. You keep your booking as it is.",
            "We look for another time for the maintenance.",
        ),
    }[Choice(given.choice)]
    file = calendar_files.for_booking(booking, organization=house, gone=released)
    return _letter(
        delivery,
        booking,
        subject=f"{subject}: {booking.resource.name}",
        opening=opening,
        rows=[],
        closing=closing,
        file=file if moved or released else None,
    )


def _place_of(row: InquiryAnswer | Booking) -> tuple[Any, ...]:
    return row.resource_id, row.starts_at, row.ends_at


def _file(
    delivery: Delivery, booking: Booking, rows: list[Window], *, gone: bool
) -> CalendarFile:  # fmt: skip
    name = delivery.organization.name
    return calendar_files.for_contact(rows, booking, organization=name, gone=gone)


def _letter(
    delivery: Delivery,
    booking: Booking,
    *,
    subject: str,
    opening: str,
    rows: list[Window],
    closing: str,
    file: CalendarFile | None = None,
    action: dict[str, str] | None = None,
) -> Letter:
    periods = [
        period(row.blocked_from, row.blocked_to, row.resource.effective_time_zone) for row in rows
    ]
    zone, off = booking.resource.effective_time_zone, contact_stops.address(booking)
    context: dict[str, Any] = {
        "organization": delivery.organization,
        "subject": shorten(subject),
        "name": booking.contact_name,
        "opening": opening,
        "periods": periods[:_MOST_DATES],
        "more": max(len(periods) - _MOST_DATES, 0),
        "closing": closing,
        "action": action,
        "reference": booking.reference,
        "place": booking.resource.name,
        "booked": period(booking.starts_at, booking.ends_at, zone),
        "unsubscribe_url": off,
    }
    return Letter(
        to=booking.contact_email,
        subject=context["subject"],
        text=render_to_string("notifications/mail/contact.txt", context),
        html=render_to_string("notifications/mail/contact.html", context),
        reference=delivery.message_id,
        headers={
            **_HEADERS,
            **threads.headers(booking.pk, delivery.organization_id),
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        calendar_files=(file,) if file else (),
    )
