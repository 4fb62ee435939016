"""Reactions to events of other apps."""

from django.utils import timezone

from core.models import OutboxEvent
from core.outbox import handles
from worklogs.rules import cleaning
from worklogs.services import (
    generation,
    housekeeping,
    judging,
    left_rooms,
    readiness,
    sla_policies,
    sla_sweep,
)


@handles("scheduling.occurrence.completed", id="worklogs.cancel_done")
@handles("scheduling.occurrence.skipped", id="worklogs.cancel_skipped")
def cancel_closed(event: OutboxEvent) -> None:
    """An order that nobody has begun ends with its date."""
    generation.cancel_closed(now=timezone.now(), occurrence_id=event.payload["occurrence_id"])


@handles("scheduling.booking.created", id="worklogs.clean_new_booking")
@handles("scheduling.booking.changed", id="worklogs.clean_changed_booking")
def follow_booking(event: OutboxEvent) -> None:
    """Cleaning follows bookings as they stand, so that late and repeated news do no harm."""
    key, now, was = event.payload["booking_id"], timezone.now(), event.payload.get("was")
    has_left = was is not None and was["status"] != cleaning.COMPLETED  # where it is that now
    housekeeping.follow(key, now=now, seen_at=event.occurred_at, has_left=has_left)


@handles("scheduling.booking.changed", id="worklogs.clean_left_room")
def clean_left_room(event: OutboxEvent) -> None:
    """Guests who were in and moved to another room have used the one that they left."""
    given, was = event.payload, event.payload.get("was")
    if was is not None and was["status"] == cleaning.CHECKED_IN:
        left_rooms.clean_after_move(
            given["booking_id"], was["resource_id"], given["resource_id"], now=event.occurred_at
        )


@handles("worklogs.work_order.completed", id="worklogs.room_done")
@handles("worklogs.work_order.verified", id="worklogs.room_verified")
def note_ready(event: OutboxEvent) -> None:
    """The last cleaning of a room makes it ready."""
    readiness.note_done(event.payload["work_order_id"], now=timezone.now())


@handles("worklogs.work_order.cancelled", id="worklogs.room_cancelled")
@handles("worklogs.work_order.rejected", id="worklogs.room_rejected")
@handles("worklogs.work_order.marked_duplicate", id="worklogs.room_duplicate")
@handles("worklogs.work_order.changed", id="worklogs.room_changed")
def note_freed(event: OutboxEvent) -> None:
    """A task that is not done any more, or elsewhere or later, may be the last that a room waited for."""
    given = event.payload
    was = given.get("was")
    if was is None and event.name.endswith(".changed"):
        return
    readiness.note_freed(
        given["work_order_id"],
        was,
        is_by_person=given["by_id"] is not None,
        at=event.occurred_at,
        now=timezone.now(),
    )


@handles("scheduling.resource.changed", id="worklogs.resource_changed")
def judge_anew(event: OutboxEvent) -> None:
    """How much a resource matters, and of what type it is, decides about its open orders."""
    changed = set(event.payload.get("changed", ()))
    if changed & {"criticality", "type_id"}:
        judging.judge_resource(
            event.payload["resource_id"], is_other_type="type_id" in changed, now=event.occurred_at
        )


@handles("accounts.organization.created", id="worklogs.first_policies")
def promise(event: OutboxEvent) -> None:
    """A new organisation promises what most do."""
    sla_policies.create_defaults(now=event.occurred_at)


@handles("worklogs.sla_policy.changed", id="worklogs.policy_changed")
@handles("accounts.calendar.changed", id="worklogs.calendar_changed")
@handles("accounts.organization.changed", id="worklogs.zone_changed")
def reckon_anew(event: OutboxEvent) -> None:
    """What is promised, or the time in which it is measured, has changed: open orders follow."""
    changed = event.payload.get("changed")
    if changed is None or "time_zone" in changed:
        sla_sweep.look_again(now=event.occurred_at)
