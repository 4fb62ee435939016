"""What each kind of incoming event does here."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Model, Q

from core import outbox
from integrations.models import InboundEvent
from integrations.rules.consumed import (
    CONSUMED,
    AlertNews,
    BookingNews,
    Complaint,
    News,
    StockNews,
)
from integrations.rules.incoming import system_name
from scheduling.models import Booking, Resource, Schedule
from scheduling.services import bookings
from worklogs import states as work_states
from worklogs.models import WorkOrder
from worklogs.rules import categories
from worklogs.rules.reports import headline
from worklogs.services import cleaning_plans, judging, orders, predictions, reports, stays

if TYPE_CHECKING:
    from accounts.models import User

_CRITICAL = "inventory.critical_stock"
_TITLE = 200
#: How the note of a departure begins after which nothing is cleaned.
NO_PLAN = "No cleaning plan covers"


class Waits(Exception):
    """It names something that is not known yet: `thing`, in the words of `InboundEvent.waits_for`."""

    def __init__(self, message: str, *, thing: str) -> None:
        super().__init__(message)
        self.thing = thing


@dataclass(frozen=True, slots=True)
class Effect:
    """What it made or changed, of what it told, and a word on it."""

    row: Model
    thing: str
    note: str = ""


def carry_out(event: InboundEvent, *, by: "User | None", now: datetime) -> Effect:
    """The effect of an event of a known type, in the caller's transaction.

    Call it with the lock of the organisation's tree (`resources.lock_tree`), which lets one event of an organisation
    through at a time. Raises `Waits`, or the refusals of the services.
    """
    news = CONSUMED[event.type].read(event.data)
    return _EFFECTS[type(news)](event, news, by, now)


def place_things(resource: Resource) -> list[str]:
    """By which names events may wait for a resource."""
    names = {resource.external_id, resource.code, str(resource.pk)} - {""}
    return [_place_thing(name) for name in sorted(names)]


def booking_things(booking: Booking) -> list[str]:
    """By which names events may wait for a booking."""
    guest = [_guest_thing(booking.guest_id)] if booking.guest_id else []
    if not booking.reference:
        return guest
    stay = _stay_thing(booking.reference)
    return [_booking_thing(booking.source, booking.reference), stay, *guest]


def _place_thing(name: str) -> str:
    return f"place:{name}"


def _booking_thing(source: str, reference: str) -> str:
    return f"booking:{source}:{reference}"


def _stay_thing(reference: str) -> str:
    return f"stay:{reference}"


def _guest_thing(guest_id: str) -> str:
    return f"guest:{guest_id}"


def _tell_booking(
    event: InboundEvent, news: BookingNews, by: "User | None", now: datetime
) -> Effect:
    """Of each field the newest event that names it is right, in whatever order they come."""
    source = system_name(event.source)
    thing = _booking_thing(source, news.reference)
    rows = Booking.objects.filter(source=source, reference=news.reference)
    stored = rows.select_related("resource").first()
    place = _place(news.place) if news.place else None
    values: dict[str, Any] = {**news.values, **({"resource": place} if place else {})}
    if stored is None and not {"resource", "starts_at", "ends_at"} <= values.keys():
        raise Waits(
            f"Booking {news.reference} is not known yet, and this does not say when and where it is.",
            thing=thing,
        )
    others = list(InboundEvent.objects.applied_about(thing)) if stored else []
    newer = [_told(one) for one in others if _order(one) > _order(event)]
    told = values.keys() - {name for names in newer for name in names}
    moments = [event.happened_at, *(one.happened_at for one in others)]
    booking = Booking(**{"resource": stored.resource if stored else None, **values})
    booking.source, booking.reference = source, news.reference
    _check_times(booking, stored, told, thing)
    row, _ = bookings.upsert_booking(booking, source_at=max(moments), by=by, now=now, told=told)
    InboundEvent.objects.let_go_on([_more_thing(thing)], now=now)
    return Effect(row, thing, _lack_of_cleaning(row, news, now, is_known=stored is not None))


def _lack_of_cleaning(booking: Booking, news: BookingNews, now: datetime, *, is_known: bool) -> str:
    """Why a departure led to no checkout cleaning; empty where a plan sees to it."""
    if not news.values.get("status") == booking.status == Booking.Status.COMPLETED:
        return ""
    if not cleaning_plans.ensure_checkout(booking.resource, now=now):
        return f"{NO_PLAN} {booking.resource.name}, so no task was made."
    why = stays.late_news(booking, is_known=is_known, now=now)
    return f"Told more than a day late: {why}, so no task was made." if why else ""


def _check_times(
    booking: Booking, stored: Booking | None, told: Collection[str], thing: str
) -> None:
    """A stay may be moved by two events, one for each end: the second to come makes sense of the first."""
    start, end = (
        getattr(booking if stored is None or name in told else stored, name)
        for name in ("starts_at", "ends_at")
    )
    if start >= end:
        message = "By what is known so far the booking would end before it begins."
        raise Waits(message, thing=_more_thing(thing))


def _more_thing(thing: str) -> str:
    """More news of the same thing."""
    return f"more:{thing}"


def _order(event: InboundEvent) -> tuple[Any, ...]:
    """Which of two events about one booking is the newer; the same whoever asks and in whatever order they came."""
    return (event.happened_at, CONSUMED[event.type].rank, event.source, event.event_id)


def _told(event: InboundEvent) -> set[str]:
    news: Any = CONSUMED[event.type].read(event.data)
    return {*news.values, *(("resource",) if news.place else ())}


def _tell_stock(event: InboundEvent, news: StockNews, by: "User | None", now: datetime) -> Effect:
    """One open task for an item at a place; what is critical raises the priority of the one that is open, once.

    What was noticed before the task ended is over.
    """
    place = _place(news.place)
    thing = f"stock:{place.pk}:{news.item}"
    known = list(InboundEvent.objects.applied_about(thing))
    earlier = WorkOrder.objects.filter(pk__in={one.led_to_id for one in known})
    order = earlier.settling(event.happened_at)
    if order is not None and order.status not in work_states.OPEN:
        return Effect(order, thing, "The task for it ended after this was noticed.")
    is_raised = any(one.led_to_id == order.pk and one.type == _CRITICAL for one in known if order)
    if order is not None and (is_raised or not news.is_critical):
        return Effect(order, thing, "A task for it is open already.")
    urgent = {"priority": Schedule.Priority.CRITICAL.value} if news.is_critical else {}
    if order is None:
        order = _restocking(news, place, system_name(event.source), urgent)
        orders.create_task(order, by=by, now=now)
    else:
        orders.change_order(order, urgent, by=by, now=now)
    if news.is_critical:
        judging.credit(order, WorkOrder.PrioritySource.EVENT)
    _publish_stock(event, news, order, now)
    return Effect(order, thing)


def _restocking(
    news: StockNews, place: Resource, sender: str, urgent: Mapping[str, str]
) -> WorkOrder:
    counts = [
        f"{value} {words}"
        for value, words in ((news.quantity, "left"), (news.threshold, "wanted at least"))
        if value
    ]
    said = f"{', '.join(counts)}. " if counts else ""
    return WorkOrder(
        resource=place,
        task_type=WorkOrder.TaskType.RESTOCKING,
        title=f"Restock {news.name}"[:_TITLE],
        description=f"{said}Item {news.item}, told by {sender}.",
        **urgent,
    )


def _publish_stock(event: InboundEvent, news: StockNews, order: WorkOrder, now: datetime) -> None:
    payload = {
        **{"resource_id": order.resource_id, "work_order_id": order.pk, "number": order.number},
        **{"item_id": news.item, "item_name": news.name, "is_critical": news.is_critical},
        **{"quantity": news.quantity, "threshold": news.threshold},
    }
    outbox.publish(
        "integrations.stock.reported", payload, organization_id=event.organization_id, now=now
    )


def _tell_complaint(
    event: InboundEvent, news: Complaint, by: "User | None", now: datetime
) -> Effect:
    """A report like one made by hand, on the room, else on that of the booking, else on that of the guest's stay."""
    title, description = headline(news.text)
    if news.title:
        title, description = news.title, news.text if news.text != news.title else ""
    stay = None if news.place else _stay_of(news, at=event.happened_at)
    place = stay.resource if stay else _place(news.place)
    order = WorkOrder(
        resource=place,
        title=title[:_TITLE],
        description=description,
        category=categories.guess(news.category, f"{news.title} {news.text}"),
        safety_concern=news.is_unsafe,
        guest_id=news.guest_id,
        booking_reference=stay.reference if stay else news.booking_reference,
    )
    reports.submit(order, by=by, now=now)
    return Effect(order, f"complaint:{event.event_id}")


def _tell_alert(event: InboundEvent, news: AlertNews, by: "User | None", now: datetime) -> Effect:
    """What is foreseen of a device; of a high risk the order, else the device itself."""
    place = _place(news.device)
    sender = system_name(event.source)
    told = predictions.Alert(place, news.risk, source=sender, noticed_at=event.happened_at)
    critical = InboundEvent.objects.applied_about(_alert_thing(place, "critical"))
    raised = set(critical.values_list("led_to_id", flat=True))
    answer = predictions.alert(told, raised=raised, by=by, now=now)
    return Effect(answer.order or place, _alert_thing(place, news.risk.level), answer.note)


def _alert_thing(place: Resource, level: str) -> str:
    return f"alert:{place.pk}:{level}"


def _stay_of(news: Complaint, *, at: datetime) -> Booking:
    """The booking that it names, else that of the guest which is nearest to the moment."""
    rows = Booking.objects.select_related("resource")
    found: Booking | None
    if news.booking_reference:
        named = rows.filter(reference=news.booking_reference)
        found, thing = named.order_by("-starts_at").first(), _stay_thing(news.booking_reference)
        said = f"Booking {news.booking_reference} is not known yet"
    else:
        found, thing = rows.stay_of(news.guest_id, at=at), _guest_thing(news.guest_id)
        said = f"No stay of guest {news.guest_id} is known yet"
    if found is None:
        raise Waits(f"{said}, and this does not name the room.", thing=thing)
    return found


def _place(name: str) -> Resource:
    """By its number in the other system, else its code, else its id. Raises `Waits` for one that is not known yet."""
    wanted = Q(external_id=name) | Q(code=name)
    with suppress(ValueError):
        wanted |= Q(pk=UUID(name))
    found = sorted(
        Resource.objects.filter(wanted), key=lambda row: (row.external_id != name, row.code != name)
    )
    if not found:
        message = f"No resource has “{name}” as its number in another system or as its code."
        raise Waits(message, thing=_place_thing(name))
    chosen: Resource = found[0]
    return chosen


_EFFECTS: Mapping[type[News], Callable[[Any, Any, Any, datetime], Effect]] = {
    BookingNews: _tell_booking,
    StockNews: _tell_stock,
    Complaint: _tell_complaint,
    AlertNews: _tell_alert,
}
