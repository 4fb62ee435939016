"""The life of a maintenance window: create, move, extend, approve, start, complete, cancel."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.services import records
from scheduling import states
from scheduling.models import Resource, Window
from scheduling.services import (
    approvals,
    conflicts,
    discretion,
    maintained,
    resources,
    window_blocks,
)
from scheduling.services.conflicts import Collision

if TYPE_CHECKING:
    from accounts.models import User

LONGEST = timedelta(days=366)
_PLACE = frozenset(
    {"resource", "starts_at", "ends_at", "setup_minutes", "cleanup_minutes", "effect", "kind"}
)
_TIMES = ("starts_at", "ends_at", "setup_minutes", "blocked_from", "blocked_to", "sequence")
#: What people who were told of the window hear about when it changes.
_TOLD = _PLACE | {"title"}


@transaction.atomic
def create_window(
    window: Window, *, by: "User | None", now: datetime, is_back_dated: bool = False
) -> Window:
    """Add a window. A scheduled one takes its resource and everything below it; a draft takes nothing yet.

    Where the organisation demands approval, a planned one of somebody who may not approve becomes a draft. Raises
    `Conflict` with the colliding rows where a window or a firm booking is in the way; an emergency displaces bookings
    and lies over other windows, but has to say why.
    """
    window.created_by = by
    window.status = window.status or states.SCHEDULED
    if window.status not in {states.DRAFT, states.SCHEDULED}:
        raise Invalid("A new window is a draft or scheduled.", field="status")
    is_submitted = window.status == states.SCHEDULED and approvals.needs_approval(window, by)
    if is_submitted:
        window.status = states.DRAFT
    conflicts.lock(window.resource)
    displaced = judge(window, None, by=by, now=now, is_back_dated=is_back_dated)
    records.create(window, by=by, now=now)
    window_blocks.take(window, displaced)
    if is_submitted or window.status == states.SCHEDULED:
        _publish("submitted" if is_submitted else "scheduled", window, by=by, now=now)
    return window


@transaction.atomic
def update_window(
    window: Window,
    changes: Mapping[str, Any],
    *,
    by: "User | None",
    now: datetime,
    is_back_dated: bool = False,
) -> Window:
    """Change a window that is not over; a new place or time passes the same check as a new window.

    What was approved is moved by those who may approve; that work lasts longer, nobody has to allow.
    """
    stored = _locked(window, within=changes.get("resource"))
    check_open(stored, changes)
    records.catch_up(window, stored, changes)
    for name, value in changes.items():
        setattr(window, name, value)
    displaced = judge(window, stored, by=by, now=now, is_back_dated=is_back_dated)
    moved = _moved(stored, window)
    written = {**changes, "blocked_from": window.blocked_from, "blocked_to": window.blocked_to}
    told = any(getattr(stored, name) != getattr(window, name) for name in _TOLD)
    if told and window.status in states.BLOCKING:
        written["sequence"] = stored.sequence + 1
    records.update(window, written, by=by, now=now)
    if moved:
        window.blocks.all().delete()
        window_blocks.take(window, displaced)
    if told and window.status in states.BLOCKING:
        _publish("changed", window, by=by, now=now)
    if window.assigned_to_id not in {stored.assigned_to_id, None} and window.status != states.DRAFT:
        _publish("assigned", window, by=by, now=now)
    return window


@transaction.atomic
def extend_window(window: Window, *, ends_at: datetime, by: "User | None", now: datetime) -> Window:
    """Let the window last longer; the same check decides about the time it takes in addition."""
    if ends_at <= _locked(window).ends_at:
        raise Invalid("An extension ends later than the window does now.", field="ends_at")
    if ends_at <= now:
        raise Invalid("Choose an end that is still to come.", field="ends_at")
    return update_window(window, {"ends_at": ends_at}, by=by, now=now)


@transaction.atomic
def approve_window(window: Window, *, by: "User", now: datetime) -> Window:
    """Schedule a draft. Raises `Conflict` where something is in the way by now.

    Where the organisation demands approval, only for those who hold that right; they may approve what they planned.
    """
    if approvals.needs_approval(window, by):
        raise NotAllowed("Somebody who approves windows has to schedule this one.")
    return _schedule(window, {"approved_at": now, "approved_by": by}, by=by, now=now)


@transaction.atomic
def confirm_window(window: Window, *, by: "User | None", now: datetime) -> Window:
    """Schedule a draft that nobody has to approve: those in its way made room. Raises `Conflict` as approving does."""
    return _schedule(window, {}, by=by, now=now)


def _schedule(
    window: Window, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Window:
    stored = _locked(window)
    states.WINDOW.check(stored.status, states.SCHEDULED)
    records.catch_up(window, stored, {})
    if window.created_at <= window.starts_at < now:
        raise Invalid("Its start has passed while it waited. Move it first.", field="starts_at")
    window.status = states.SCHEDULED
    shape(window)
    conflicts.check_in_service(window.resource)
    displaced = _admit(window, by=by)
    records.update(window, {**changes, "status": states.SCHEDULED}, by=by, now=now)
    window_blocks.take(window, displaced)
    _publish("scheduled", window, by=by, now=now)
    return window


@transaction.atomic
def start_window(window: Window, *, by: "User | None", now: datetime) -> Window:
    """Work begins: the resource is under maintenance until the window is over.

    Before or after its time the window is moved to now, and passes the same check for what it takes in addition: its
    end stays where it comes within a day of the planned start, else it keeps its length. Raises `Conflict`.
    """
    resources.lock_tree(window.organization_id)
    stored = _locked(window)
    states.WINDOW.check(stored.status, states.IN_PROGRESS)
    records.catch_up(window, stored, {})
    is_moved = not window.blocked_from <= now < window.ends_at
    displaced = _move_to(window, by=by, now=now) if is_moved else []
    resource = Resource.objects.get(pk=window.resource_id)
    changes = {
        **{name: getattr(window, name) for name in _TIMES if is_moved},
        "status": states.IN_PROGRESS,
        "started_at": now,
        "former_status": maintained.status_before(window, resource),
    }
    records.update(window, changes, by=by, now=now)
    if is_moved:
        window.blocks.all().delete()
        window_blocks.take(window, displaced)
        _publish("changed", window, by=by, now=now)
    maintained.begin(resource, by=by, now=now)
    _publish("started", window, by=by, now=now)
    return window


@transaction.atomic
def complete_window(window: Window, *, by: "User | None", now: datetime) -> Window:
    """Work is done: the resource is free again, also when it was planned for longer."""
    return _close(window, states.COMPLETED, {}, by=by, now=now)


@transaction.atomic
def cancel_window(window: Window, *, reason: str, by: "User | None", now: datetime) -> Window:
    """Call the window off; the reason is required and told to those affected."""
    if not reason.strip():
        raise Invalid(
            "Say why the window is cancelled; those affected will read it.", field="reason"
        )
    return _close(window, states.CANCELLED, {"cancel_reason": reason[:300]}, by=by, now=now)


@transaction.atomic
def delete_draft(window: Window, *, by: "User | None", now: datetime) -> None:
    """Remove a draft, of which nobody has been told. What was scheduled is cancelled instead."""
    stored = _locked(window)
    if stored.status != states.DRAFT:
        raise Conflict("Only a draft can be deleted. Cancel this window instead.", code="not_draft")
    records.delete(stored, by=by, now=now)


def _close(
    window: Window, status: str, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Window:
    if window.status == states.IN_PROGRESS:
        resources.lock_tree(window.organization_id)
    stored = _locked(window)
    states.WINDOW.check(stored.status, status)
    records.catch_up(window, stored, {})
    was_known = stored.status in states.BLOCKING
    written = {
        **changes,
        "status": status,
        "closed_at": now,
        "closed_by": by,
        "sequence": stored.sequence + was_known,
    }
    records.update(window, written, by=by, now=now)
    window.blocks.all().delete()
    if stored.status == states.IN_PROGRESS:
        maintained.give_back(window, by=by, now=now)
    if was_known:
        _publish(status, window, by=by, now=now)
    return window


def shape(window: Window) -> None:
    """Fill what follows from other columns, and refuse impossible times."""
    if window.ends_at <= window.starts_at:
        raise Invalid("The end must be after the start.", field="ends_at")
    if window.ends_at - window.starts_at > LONGEST:
        raise Invalid(f"A window lasts {LONGEST.days} days at most.", field="ends_at")
    window.blocked_from = window.starts_at - timedelta(minutes=window.setup_minutes)
    window.blocked_to = window.ends_at + timedelta(minutes=window.cleanup_minutes)


def check_open(stored: Window, changes: Collection[str]) -> None:
    """Raise `Conflict` where a window in this state cannot be changed so."""
    if stored.status not in states.BLOCKING | {states.DRAFT}:
        raise Conflict(f"This window is {stored.get_status_display().lower()}.", code="over")
    if stored.status == states.IN_PROGRESS and not set(changes) <= {
        "title", "description", "ends_at", "cleanup_minutes", "assigned_to", "override_reason",
    }:  # fmt: skip
        raise Conflict("Work is under way: only its end can still be moved.", code="in_progress")


def judge(
    window: Window,
    stored: Window | None,
    *,
    by: "User | None",
    now: datetime,
    is_back_dated: bool,
    found: Sequence[Collision] | None = None,
) -> list[Collision]:
    """The bookings that the window displaces, new or changed from how it is `stored`; raises what it is refused for.

    `found` is what is in its way, where that is known already. Writes nothing, so that it can be asked beforehand.
    """
    shape(window)
    moved, had = _PLACE, None
    if stored is None:
        if not is_back_dated:
            approvals.check_start(window, now)
    else:
        moved = _moved(stored, window)
        approvals.check_move(stored, window, moved, by=by, now=now, is_back_dated=is_back_dated)
        if stored.status == states.IN_PROGRESS:
            had = (stored.blocked_from, stored.blocked_to)
    if "resource" in moved:
        conflicts.check_in_service(window.resource)
    if not moved or window.status not in states.BLOCKING:
        return []
    return _admit(window, by=by, had=had, found=found)


def _moved(stored: Window, window: Window) -> frozenset[str]:
    return frozenset(name for name in _PLACE if getattr(stored, name) != getattr(window, name))


def collisions_of(window: Window) -> list[Collision]:
    """What is in the way of the window as it stands, saved or not; writes nothing."""
    shape(window)
    return conflicts.against_window(
        window.resource,
        window.blocked_from,
        window.blocked_to,
        effect=window.effect,
        other_than=window.pk,
    )


def _move_to(window: Window, *, by: "User | None", now: datetime) -> list[Collision]:
    """Let the window begin now; the bookings that an emergency displaces by it. Raises `Conflict`."""
    had = (window.blocked_from, window.blocked_to)
    if not now < window.starts_at <= now + timedelta(days=1):
        window.ends_at = now + (window.ends_at - window.starts_at)
    window.starts_at, window.setup_minutes = now, 0
    window.sequence += 1
    shape(window)
    return _admit(window, by=by, had=had)


def _admit(
    window: Window,
    *,
    by: "User | None",
    had: tuple[datetime, datetime] | None = None,
    found: Sequence[Collision] | None = None,
) -> list[Collision]:
    """The bookings that an emergency displaces; raises `Conflict` where the window cannot be.

    What is in the way only within the time that it `had` already is not asked again.
    """
    added = conflicts.added((window.blocked_from, window.blocked_to), had)
    hard = [
        one
        for one in (collisions_of(window) if found is None else found)
        if one.is_hard
        and any(one.blocked_from < end and start < one.blocked_to for start, end in added)
    ]
    if hard and window.kind != Window.Kind.EMERGENCY:
        raise discretion.refusal(hard, by)
    if hard and not window.override_reason.strip():
        what = "a booking or window" if len(hard) == 1 else f"{len(hard)} bookings or windows"
        raise Invalid(f"This emergency displaces {what}. Say why.", field="override_reason")
    return [one for one in hard if one.type == "booking"]


def _locked(window: Window, *, within: Resource | None = None) -> Window:
    """The stored row, after the lock on its tree, or on that of the resource it moves to: leaving a tree hurts nobody.

    One tree only: two moves between the same trees in opposite directions would wait for each other. Where the window
    was moved since it was read, its new tree is locked too, or it raises `Conflict`.
    """
    place = within or window.resource
    conflicts.lock(place)
    stored: Window = Window.objects.select_for_update(of=("self",), no_key=True).get(pk=window.pk)
    if within is None and stored.resource_id != place.pk:
        conflicts.lock_found(stored.resource, beside=place)
    return stored


def _publish(what: str, window: Window, *, by: "User | None", now: datetime) -> None:
    payload = {
        "window_id": str(window.pk),
        "resource_id": str(window.resource_id),
        "by_id": str(by.pk) if by else None,
    }
    outbox.publish(
        f"scheduling.window.{what}", payload, organization_id=window.organization_id, now=now
    )
