"""Letters to the contacts of bookings, who are no users: what maintenance means for them (A7), and questions.

Their addresses are personal data: they stay sealed with the booking and are read when a letter leaves.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from core import correlation
from core.ids import new_id
from core.querysets.rowset import insert_new_rows
from notifications.models import Channel, Delivery, DeliveryWindow
from notifications.rules.window_words import CONFIRMATION, NOTICES, QUESTION
from notifications.rules.words import shorten
from notifications.services import letters
from notifications.services.window_news import subject_of
from scheduling.models import Booking, InquiryAnswer, Window
from scheduling.services import windows

#: How long a letter waits for the other windows of a series, so that all of them are one letter.
COLLECT_FOR = timedelta(minutes=1)
#: Whoever was told of a window so lately needs no reminder of it.
JUST_TOLD = timedelta(hours=6)


def tell_contacts(what: str, window: Window, *, now: datetime) -> int:
    """Tell the contacts of the bookings that the window affects, or affected when they were told last.

    Returns how many letters are new. A booking is told once per fact; all windows of a series are one letter.
    """
    ids: set[UUID] = set()
    if what != "cancelled":
        ids |= {one.id for one in windows.collisions_of(window) if one.type == "booking"}
    if what == "coming":
        ids -= _told_of(window, since=now - JUST_TOLD)
    if what in {"changed", "cancelled"}:
        ids |= _told_of(window)
    subject, is_series = subject_of(what, window, now=now)
    moments = {
        "coming": f"{window.starts_at:%Y%m%dT%H%M}",
        "changed": str(window.sequence),
    }
    stamp = f"{now:%Y%m%dT%H%M%S.%f}" if is_series else moments.get(what, "")
    is_urgent = window.kind == Window.Kind.EMERGENCY
    return _queue(
        _reachable(ids),
        window,
        letter=NOTICES[what],
        key=f"{what}:{subject}:{stamp}",
        available_at=now if is_urgent else now + COLLECT_FOR,
        now=now,
        is_series=is_series,
    )


def ask_contact(
    booking: Booking, window: Window, *, inquiry_id: UUID, number: int, now: datetime
) -> int:
    """Send the question whether the booking can make room; `number` counts its reminders."""
    return _queue(
        _reachable([booking.pk]),
        window,
        letter=QUESTION,
        key=f"question:{inquiry_id}:{number}",
        available_at=now,
        now=now,
    )


def confirm_answer(answer: InquiryAnswer, *, now: datetime) -> int:
    """Send what was answered back to the contact, with what came of it."""
    inquiry = answer.inquiry
    return _queue(
        _reachable([inquiry.booking_id]),
        inquiry.window,
        letter=CONFIRMATION,
        key=f"answer:{answer.pk}",
        available_at=now,
        now=now,
    )


def _reachable(ids: Collection[UUID]) -> list[UUID]:
    """Those with an address; it is sealed, so it cannot be asked for in the database."""
    rows = Booking.objects.filter(pk__among=ids).only("pk", "organization", "contact_email")
    return [booking.pk for booking in rows.order_by("pk") if booking.contact_email]


def _told_of(window: Window, *, since: datetime | None = None) -> set[UUID]:
    """Bookings whose contacts were told of the window."""
    rows = DeliveryWindow.objects.filter(window=window, delivery__letter__in=NOTICES.values())
    if since is not None:
        rows = rows.filter(delivery__created_at__gte=since)
    return set(rows.values_list("delivery__booking", flat=True))


def _queue(
    bookings: Collection[UUID],
    window: Window,
    *,
    letter: str,
    key: str,
    available_at: datetime,
    now: datetime,
    is_series: bool = False,
) -> int:
    """Letters for these bookings; where one with the key waits already, the window joins it."""
    rows = [[pk := new_id(), booking, letters.message_id(pk)] for booking in bookings]
    stamps = {"created_at": now, "updated_at": now}
    shared = {
        "channel": Channel.EMAIL,
        "state": Delivery.State.PENDING,
        "attempts": 0,
        "available_at": available_at,
        "letter": letter,
        "subject": shorten(f"{window.title}: {window.resource.name}"),
        "fact_key": key,
        "correlation_id": correlation.current(),
        **dict.fromkeys(("address", "provider_id", "last_error"), ""),
        **stamps,
    }
    if not rows:
        return 0
    new = insert_new_rows(Delivery, ("id", "booking", "message_id"), rows, shared=shared)
    found = Delivery.objects.filter(booking__pk__among=bookings, fact_key=key).select_for_update()
    waiting = dict(found.filter(state="pending", attempts=0).values_list("booking_id", "pk"))
    items = [[new_id(), delivery, window.pk] for delivery in waiting.values()]
    if items:
        insert_new_rows(DeliveryWindow, ("id", "delivery", "window"), items, shared=stamps)
    late = [booking for booking in bookings if booking not in waiting]
    if not late or not is_series:
        return len(new)
    # the letter of the series has just left: the window gets one of its own
    own = f"{key}:{window.pk}"
    return len(new) + _queue(late, window, letter=letter, key=own, available_at=now, now=now)
