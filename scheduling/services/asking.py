"""Asking those who booked whether a window may have its time: questions, answers, and what follows from them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core import signing
from django.db import transaction

from core import audit, outbox
from core.errors import Conflict, Invalid
from scheduling import states
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import alternatives, approvals, bookings, conflicts, windows

if TYPE_CHECKING:
    from accounts.models import User

#: How long before the window an answer is wanted, when the planner names no time.
AHEAD = timedelta(hours=48)
#: Nobody is reminded twice within this time.
REMINDER_PAUSE = timedelta(hours=1)
_SALT = "scheduling.inquiry"
Choice = InquiryAnswer.Choice


@transaction.atomic
def ask(
    window: Window, *, by: "User | None", now: datetime, answer_by: datetime | None = None
) -> list[Inquiry]:
    """Ask the contact of each firm booking in the draft's way, once; returns all questions that stand.

    Questions about an earlier time or place of the window are void. Raises `Conflict` where nobody is to be asked.
    """
    window = _locked(window)
    if window.status != states.DRAFT:
        raise Conflict(
            "Only a draft has bookings in its way that could be asked.", code="not_draft"
        )
    if window.starts_at <= now:
        raise Conflict("The start has passed. Move the window first.", code="over")
    deadline = answer_by or _deadline(window, now)
    if not now < deadline <= window.starts_at:
        raise Invalid("Choose a time between now and the start.", field="answer_by")
    wanted = [one.id for one in _in_the_way(window) if one.type == "booking"]
    if not wanted:
        raise Conflict("No booking is in the way, so there is nobody to ask.", code="nobody")
    standing = Inquiry.objects.filter(window=window).standing()
    known = set(standing.values_list("booking", flat=True))
    void = Inquiry.objects.filter(window=window, revoked_at=None).exclude(booking__in=known)
    void.update(revoked_at=now)
    made = [
        Inquiry(
            window=window,
            booking_id=booking,
            resource=window.resource,
            blocked_from=window.blocked_from,
            blocked_to=window.blocked_to,
            asked_at=now,
            asked_by=by,
            answer_by=deadline,
        )
        for booking in wanted
        if booking not in known
    ]
    Inquiry.objects.bulk_create(made)
    if made:
        audit.record("ask", window, by=by, now=now, changes={"bookings asked": [None, len(made)]})
    _publish_asked(made, now=now)
    return list(standing.select_related("booking__resource").order_by("asked_at", "pk"))


@transaction.atomic
def remind(window: Window, *, by: "User | None", now: datetime) -> int:
    """Ask those again who have not answered; returns how many. Raises `Conflict` where nobody is to be reminded."""
    window = _locked(window)
    silent = Inquiry.objects.filter(window=window).standing().unanswered()
    rows = [row for row in silent if (row.reminded_at or row.asked_at) <= now - REMINDER_PAUSE]
    if not rows:
        raise Conflict("Everybody has answered, or was asked within the last hour.", code="nobody")
    for row in rows:
        row.reminders, row.reminded_at = row.reminders + 1, now
    Inquiry.objects.bulk_update(rows, ["reminders", "reminded_at"], check_foreign_keys=False)
    audit.record("remind", window, by=by, now=now, changes={"bookings asked": [None, len(rows)]})
    _publish_asked(rows, now=now)
    return len(rows)


@transaction.atomic
def answer(
    inquiry: Inquiry,
    choice: str,
    *,
    alternative: str = "",
    by: "User | None" = None,
    now: datetime,
) -> InquiryAnswer:
    """Write down an answer and do what it says; `by` is the planner who answers on the contact's behalf.

    An accepted alternative moves the booking under the same locks as any other, so of two who want the same place one
    gets it; the other's `Conflict` has the code "taken". When no firm booking is left in the way, the window is
    scheduled, or waits for its approval, with this answer.
    """
    if choice not in Choice.values:
        raise Invalid("Choose one of the answers.", field="choice")
    trees = [inquiry.resource_id, inquiry.booking.resource_id]
    trees += [pk for pk in [alternatives.resource_of(alternative)] if pk is not None]
    conflicts.lock(*Resource.objects.filter(pk__in=trees))
    rows = Inquiry.objects.select_for_update(of=("self",), no_key=True)
    inquiry = rows.select_related("window__resource", "booking__resource").get(pk=inquiry.pk)
    _check_open(inquiry, now=now)
    given = InquiryAnswer(inquiry=inquiry, choice=choice, answered_at=now, answered_by=by)
    if choice == Choice.MOVED:
        _move(inquiry, given, alternative, by=by, now=now)
    elif choice == Choice.RELEASED:
        changes = {"status": Booking.Status.CANCELLED}
        bookings.update_booking(inquiry.booking, changes, by=by, now=now)
    given.save(force_insert=True)
    audit.record("answer", inquiry, by=by, now=now, changes={"choice": [None, choice]})
    payload = {"answer_id": given.pk, "window_id": inquiry.window_id}
    _publish("inquiry.answered", payload, inquiry, now=now)
    settle(inquiry.window, planner=inquiry.asked_by, now=now)
    return given


@transaction.atomic
def settle(window: Window, *, planner: "User | None", now: datetime) -> bool:
    """Schedule the draft if nothing firm is in its way any more; where it needs approval, tell those who approve."""
    window = _locked(window)
    if window.status != states.DRAFT or window.starts_at <= now or _in_the_way(window):
        return False
    if approvals.needs_approval(window, planner or window.created_by):
        _publish("window.cleared", {"window_id": window.pk}, window, now=now)
    else:
        windows.confirm_window(window, by=None, now=now)
    return True


def standing_inquiry(window: Window, booking: Booking) -> Inquiry | None:
    """The question to the booking's contact that stands, answered or not."""
    rows = Inquiry.objects.filter(window=window, booking=booking).standing()
    inquiry: Inquiry | None = rows.select_related("window", "booking").first()
    return inquiry


def is_open(inquiry: Inquiry, *, now: datetime) -> bool:
    """Whether an answer still counts. A booking that was kept may still make room; one out of the way need not."""
    window, answer = inquiry.window, last_answer(inquiry)
    stays = (inquiry.resource_id, inquiry.blocked_from, inquiry.blocked_to) == (
        window.resource_id,
        window.blocked_from,
        window.blocked_to,
    )
    return (
        stays
        and inquiry.revoked_at is None
        and window.status == states.DRAFT
        and window.starts_at > now
        and _is_in_the_way(inquiry)
        and (answer is None or answer.choice == Choice.KEPT)
    )


def _is_in_the_way(inquiry: Inquiry) -> bool:
    booking, path = inquiry.booking, inquiry.window.resource.path
    return (
        booking.status in states.FIRM
        and booking.starts_at < inquiry.blocked_to
        and booking.ends_at > inquiry.blocked_from
        and (path.startswith(booking.resource.path) or booking.resource.path.startswith(path))
    )


def last_answer(inquiry: Inquiry) -> InquiryAnswer | None:
    """What was answered last, if anything."""
    return max(inquiry.answers.all(), key=lambda one: (one.answered_at, one.pk), default=None)


def token_of(inquiry: Inquiry) -> str:
    """What the link in the mail carries: signed, for this question only, without anything about a person."""
    parts = [inquiry.organization_id.hex, inquiry.pk.hex]
    return signing.Signer(salt=_SALT).sign_object(parts)


def read_token(token: str) -> tuple[UUID, UUID]:
    """The organisation and the question. Raises `Invalid` for a link that was not made here."""
    try:
        organization, inquiry = signing.Signer(salt=_SALT).unsign_object(token)
        return UUID(organization), UUID(inquiry)
    except (signing.BadSignature, ValueError) as error:
        raise Invalid("This link is incomplete. Copy it whole from the mail.") from error


def _move(
    inquiry: Inquiry, given: InquiryAnswer, key: str, *, by: "User | None", now: datetime
) -> None:
    found = alternatives.chosen(key, inquiry.booking, inquiry.window, now=now)
    if found is None:
        raise Conflict(
            "Somebody else has just taken this. Please choose one of the others.", code="taken"
        )
    given.resource, given.starts_at, given.ends_at = found.resource, found.starts_at, found.ends_at
    changes = {
        "resource": found.resource,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
    }
    bookings.update_booking(inquiry.booking, changes, by=by, now=now)


def _check_open(inquiry: Inquiry, *, now: datetime) -> None:
    if not is_open(inquiry, now=now):
        raise Conflict(
            "This question is settled: it was answered, or the maintenance has another time.",
            code="settled",
        )


def _in_the_way(window: Window) -> list[conflicts.Collision]:
    return [one for one in windows.collisions_of(window) if one.is_hard]


def _deadline(window: Window, now: datetime) -> datetime:
    """Two days before the start; when that is over, half of the time that is left."""
    wanted = window.starts_at - AHEAD
    return wanted if wanted > now else now + (window.starts_at - now) / 2


def _locked(window: Window) -> Window:
    """The stored row, after the lock on its tree."""
    conflicts.lock(window.resource)
    rows = Window.objects.select_related("resource").select_for_update(of=("self",), no_key=True)
    stored: Window = rows.get(pk=window.pk)
    if stored.resource_id != window.resource_id:
        conflicts.lock_found(stored.resource, beside=window.resource)
    return stored


def _publish_asked(rows: Iterable[Inquiry], *, now: datetime) -> None:
    for row in rows:
        payload = {"inquiry_id": row.pk, "number": row.reminders}
        _publish("inquiry.asked", payload, row, now=now)


def _publish(
    what: str, payload: Mapping[str, object], row: Inquiry | Window, *, now: datetime
) -> None:  # fmt: skip
    outbox.publish(f"scheduling.{what}", payload, organization_id=row.organization_id, now=now)
