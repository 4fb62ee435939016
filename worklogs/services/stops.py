"""The places of a round: what became of each, said one by one, or of all that are left on completion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from core.errors import Conflict, Invalid
from core.services import records
from scheduling.models import Resource
from worklogs import states
from worklogs.models import Log, StopMark, WorkOrder
from worklogs.services import moving, routes

if TYPE_CHECKING:
    from accounts.models import User

OPEN = "open"
_DONE, _NOT_DONE = StopMark.Outcome.DONE, StopMark.Outcome.NOT_DONE
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a round, and what was said about it; position 0 is the order's own resource."""

    position: int
    resource: Resource
    mark: StopMark | None

    @property
    def status(self) -> str:
        """open, done or not_done."""
        return str(self.mark.outcome) if self.mark is not None else OPEN


def places_of(order: WorkOrder) -> list[Place]:
    """In the order of the way; none where the order is no round."""
    further = routes.stops_of(order)
    if not further:
        return []
    marks = {mark.resource_id: mark for mark in order.stop_marks.select_related("by")}
    way = enumerate([order.resource, *further])
    return [Place(position, place, marks.get(place.pk)) for position, place in way]


@transaction.atomic
def say(
    order: WorkOrder,
    resource: UUID,
    status: str,
    *,
    reason: str = "",
    at: datetime | None = None,
    by: "User | None",
    now: datetime,
) -> None:
    """Tick a place of the round (`done`), say why it was `not_done`, or take back what was said (`open`).

    The same again changes nothing. `at` is when the person said it, for what was kept on a phone without connection; it
    loses against what was said later. Raises NotAllowed, Conflict unless the order is in somebody's hands, Invalid
    without a reason for what was not done.
    """
    held = _in_hand(order, by)
    mark = _place(held, resource).mark
    reason = reason.strip() if status == _NOT_DONE else ""
    if status == _NOT_DONE and not reason:
        raise Invalid("Say why it was not done.", field="reason")
    if mark is not None and (mark.outcome, mark.reason) == (status, reason):
        return
    # a wrong clock moves no due date to before the order was there
    moment = min(max(at, held.created_at), now) if at is not None else now
    if mark is not None and at is not None and mark.at > moment:
        message = "Somebody said something else of this place later. Say it again if that is wrong."
        raise Conflict(message, code="said_later")
    said = {"outcome": status, "reason": reason, "by": by, "at": moment, "step": held.step}
    if mark is None and status != OPEN:
        made = StopMark(work_order=held, resource_id=resource, **said)
        records.create(made, by=by, now=now)
    elif mark is not None and status == OPEN:
        records.delete(mark, by=by, now=now)
    elif mark is not None:
        records.update(mark, said, by=by, now=now)


def _in_hand(order: WorkOrder, by: "User | None") -> WorkOrder:
    """The order, held. Raises NotAllowed, and Conflict unless it is in somebody's hands."""
    held: WorkOrder = WorkOrder.objects.hold({order.pk})[order.pk]
    moving.check_hands(held, by)
    if held.status not in states.HELD_BY_SOMEBODY:
        word = held.get_status_display().lower()
        message = f"This work order is {word}: what became of its places stays as it is."
        raise Conflict(message, code="not_in_hand")
    return held


def finish(
    order: WorkOrder, *, all_done: bool, person: "User | None", performed_at: datetime
) -> list[Place]:
    """What became of each place, as the order is completed; the caller holds it.

    A round of which nothing was said is done as a whole, like an order of one resource. Raises Conflict where
    something was said of some places only, unless `all_done` says that the others are done, and where nothing was done.
    """
    places = places_of(order)
    left = left_of(places)
    if left and not all_done:
        raise _still_open(left)
    said = {"outcome": _DONE, "by": person, "at": performed_at, "step": order.step}
    whole = [
        place
        if place.mark
        else replace(place, mark=StopMark(work_order=order, resource=place.resource, **said))
        for place in places
    ]
    StopMark.objects.bulk_create(
        [new.mark for old, new in zip(places, whole, strict=True) if old.mark is None]
    )
    if whole and not any(place.status == _DONE for place in whole):
        message = "Nothing was done on this round. Put it on hold or cancel it instead."
        raise Conflict(message, code="nothing_done")
    return whole


def to_log(order: WorkOrder, places: Sequence[Place]) -> tuple[list[Place], bool]:
    """The places whose work is to be logged, and whether it is told by each when: what was done since the last log.

    After a reopening in which no place was ticked anew all were done again.
    """
    done = [place for place in places if place.status == _DONE]
    logged = _logged(order) if done else {}
    fresh = [
        place
        for place in done
        if place.mark is not None and logged.get(place.resource.pk, -1) < place.mark.step
    ]
    return fresh or done, bool(fresh)


def _logged(order: WorkOrder) -> dict[UUID, int]:
    """The places that the order has logged, each with the step of the last log that was not declared void."""
    found = order.order_logs.order_by("step").values_list("log", "log__resource", "step")
    links = {log: (resource, step) for log, resource, step in found}
    last = {log: log for log in links}
    newer = dict(last)
    while newer:
        rows = Log.objects.filter(supersedes__in=newer.values())
        after = dict(rows.values_list("supersedes", "pk"))
        newer = {log: after[key] for log, key in newer.items() if key in after}
        last |= newer
    void = set(Log.objects.filter(pk__in=last.values(), is_void=True).values_list("pk", flat=True))
    return dict(links[log] for log, newest in last.items() if newest not in void)


def left_of(places: Sequence[Place]) -> list[Place]:
    """Of which nothing was said, though it was of others: about them completing the order asks."""
    left = [place for place in places if place.mark is None]
    return left if len(left) < len(places) else []


def _place(order: WorkOrder, resource: UUID) -> Place:
    for place in places_of(order):
        if place.resource.pk == resource:
            return place
    raise Invalid("This is no place of the round.", field="resource")


def in_words(places: Sequence[Place]) -> str:
    """“Room 1; Room 2 and 3 more”."""
    names = "; ".join(place.resource.name for place in places[:_NAMED])
    more = len(places) - _NAMED
    return f"{names} and {more} more" if more > 0 else names


def _still_open(left: Sequence[Place]) -> Conflict:
    what = "One place of the round is" if len(left) == 1 else f"{len(left)} places are"
    return Conflict(
        f"{what} still open: {in_words(left)}. Tick what is done, or say why it is not.",
        code="stops_open",
        conflicts=[
            {"type": "stop", "id": str(place.resource.pk), "name": place.resource.name}
            for place in left
        ],
    )
