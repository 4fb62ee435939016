"""The events that are understood here: what each says, how it is described, and how its data are read.

Names and data follow the platform's services; several spellings of a field are taken for the same. Fields that are not
named here are kept with the event and change nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.catalogue import DECIMAL, MOMENT, NUMBER, TEXT, YES_NO, Schema
from integrations.rules.event_fields import MOST_PEOPLE, Fields
from worklogs.rules.predictions import Risk

_LONGEST = 5_000
_PLACE = ("resource", "room", "room_id", "resource_id", "venue_id", "venue")
_DEVICE = ("device_id", "device", "asset_id", "asset", "equipment_id", "equipment", *_PLACE)
_REFERENCE = ("booking_reference", "reference", "booking_id")
_STATES = {
    **{name: name for name in ("tentative", "confirmed", "checked_in", "completed", "cancelled")},
    **{"pending": "tentative", "booked": "confirmed", "canceled": "cancelled"},
    **{"checked_out": "completed", "in_house": "checked_in"},
}
_RISKS = {name: name for name in ("low", "medium", "high", "critical")}
_BEST_HEALTH = 100


@dataclass(frozen=True, slots=True)
class BookingNews:
    """What an event says of a booking: only what it names stands in `values` (columns of a booking)."""

    reference: str
    place: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StockNews:
    """An item runs low at a place; quantities as the sender writes them, empty where it does not."""

    item: str
    name: str
    place: str
    quantity: str
    threshold: str
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a guest complained about. Of `place`, `booking_reference` and `guest_id` at least one is known."""

    text: str
    title: str
    category: str
    place: str
    booking_reference: str
    guest_id: str
    is_unsafe: bool


@dataclass(frozen=True, slots=True)
class AlertNews:
    """A device is at risk of failing: in the words of the sender, with their figures where there are any."""

    device: str
    risk: Risk


News = BookingNews | StockNews | Complaint | AlertNews


@dataclass(frozen=True, slots=True)
class Consumed:
    """An event that is understood. `rank` decides between two of one booking that happened at the same moment."""

    name: str
    summary: str
    data: Schema
    example: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], News]
    rank: int = 0


def _booking(status: str = "", *, needs_all: bool = False) -> Callable[[Mapping[str, Any]], News]:
    """A reader of booking events. `status` is what the name of the event says, where it says so."""

    def read(data: Mapping[str, Any]) -> News:
        fields = Fields(data)
        reference = fields.text(*_REFERENCE, needed="Which booking is it about?")
        place = fields.text(*_PLACE)
        found: dict[str, Any] = {
            "starts_at": fields.moment("starts_at", "start", "check_in", "checkin_at"),
            "ends_at": fields.moment("ends_at", "end", "check_out", "checkout_at"),
            "status": status or _state(fields) or ("confirmed" if needs_all else None),
            "people": fields.people("people", "guests", "number_of_guests"),
            "guest_id": fields.text("guest_id") or None,
            "contact_name": fields.text("contact_name", "guest_name", most=200) or None,
            "contact_email": fields.address("contact_email", "guest_email") or None,
        }
        values = {name: value for name, value in found.items() if value is not None}
        _check_times(values, fields)
        if needs_all:
            _check_whole(place, values, fields)
        fields.finish()
        return BookingNews(reference, place, values)

    return read


def _state(fields: Fields) -> str:
    return fields.choice("status", known=_STATES)


def _check_times(values: Mapping[str, Any], fields: Fields) -> None:
    start, end = values.get("starts_at"), values.get("ends_at")
    if start is not None and end is not None and start >= end:
        fields.errors.setdefault("data.ends_at", ["The end must be after the start."])


def _check_whole(place: str, values: Mapping[str, Any], fields: Fields) -> None:
    if not place:
        fields.errors.setdefault("data.venue_id", ["Which resource is booked?"])
    for name in ("starts_at", "ends_at"):
        if name not in values:
            fields.errors.setdefault(f"data.{name}", ["It is missing."])


def _stock(*, is_critical: bool) -> Callable[[Mapping[str, Any]], News]:
    def read(data: Mapping[str, Any]) -> News:
        fields = Fields(data)
        key = fields.text("item_id", "sku", "item_code", "item", "item_name", needed="Which item?")
        news = StockNews(
            item=key,
            name=fields.text("item_name", "name", "item", "item_id", "sku") or key,
            place=fields.text(
                *(*_PLACE, "location_id", "location"),
                needed="Where does it run low?",
                asked="venue_id",
            ),
            quantity=fields.text("quantity", "current_stock", "current_quantity", "on_hand"),
            threshold=fields.text("threshold", "reorder_level", "minimum", "min_quantity"),
            is_critical=is_critical,
        )
        fields.finish()
        return news

    return read


def _complaint(data: Mapping[str, Any]) -> News:
    fields = Fields(data)
    text = fields.text("description", "complaint", "text", "message", "title", most=_LONGEST)
    title = fields.text("title", "subject", most=200)
    if not text:
        fields.errors.setdefault("data.description", ["What is the complaint?"])
    place, reference = fields.text(*_PLACE), fields.text(*_REFERENCE)
    guest_id = fields.text("guest_id")
    if not (place or reference or guest_id or fields.errors):
        fields.errors["data.venue_id"] = ["Name the room, the booking, or the guest."]
    category = fields.text("category", "type")
    is_unsafe = fields.yes_no("safety_concern", "is_safety_concern", "safety")
    news = Complaint(
        text=text,
        title=title,
        category=category,
        place=place,
        booking_reference=reference,
        guest_id=guest_id,
        is_unsafe=is_unsafe or category.lower() == "safety",
    )
    fields.finish()
    return news


def _alert(data: Mapping[str, Any]) -> News:
    fields = Fields(data)
    device = fields.text(*_DEVICE, needed="Which device is it about?")
    risk = Risk(
        level=fields.choice(
            "risk_level", "risk", "severity", known=_RISKS, needed="How high is the risk?"
        ),
        failure_mode=fields.text("failure_mode", "failure_type"),
        message=fields.text("message", "prediction", "description", most=_LONGEST),
        health_score=fields.number("health_score", "health", most=_BEST_HEALTH),
        confidence=fields.number("confidence", most=1),
        fails_at=fields.moment("predicted_failure_at", "predicted_failure_date"),
    )
    fields.finish()
    return AlertNews(device, risk)


def _shape(needed: tuple[str, ...], **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(needed)}


_BOOKING = {
    **{"booking_reference": TEXT, "venue_id": TEXT, "starts_at": MOMENT, "ends_at": MOMENT},
    "status": {"type": "string", "enum": sorted(_STATES)},
    "people": {**NUMBER, "minimum": 0, "maximum": MOST_PEOPLE},
    **{"guest_id": TEXT, "contact_name": TEXT, "contact_email": TEXT},
}
_STOCK = {
    **{"item_id": TEXT, "item_name": TEXT, "venue_id": TEXT},
    **{name: {"type": ["number", "string"]} for name in ("quantity", "threshold")},
}
_COMPLAINT = {
    **{"description": TEXT, "title": TEXT, "category": TEXT, "venue_id": TEXT},
    **{"booking_reference": TEXT, "guest_id": TEXT, "safety_concern": YES_NO},
}
_ALERT = {
    **{"device_id": TEXT, "risk_level": {"type": "string", "enum": list(_RISKS)}},
    **{"failure_mode": TEXT, "message": TEXT, "predicted_failure_at": MOMENT},
    "health_score": {**DECIMAL, "minimum": 0, "maximum": _BEST_HEALTH},
    "confidence": {**DECIMAL, "minimum": 0, "maximum": 1},
}
_STAY = {
    **{"booking_reference": "OP-88213", "venue_id": "room-204", "status": "confirmed"},
    **{"starts_at": "2026-11-23T15:00:00Z", "ends_at": "2026-11-25T10:00:00Z", "people": 2},
    "guest_id": "g-551",
}
_SHORT = {"booking_reference": "OP-88213"}
_ITEM = {
    **{"item_id": "TOWEL-L", "item_name": "Bath towels", "venue_id": "floor-2-store"},
    **{"quantity": 12, "threshold": 40},
}
_KNOWN = _shape(("booking_reference",), **_BOOKING)
_WHOLE = _shape(("booking_reference", "venue_id", "starts_at", "ends_at"), **_BOOKING)
_ITEMS = _shape(("item_id", "venue_id"), **_STOCK)

CONSUMED: Mapping[str, Consumed] = {
    one.name: one
    for one in (
        Consumed(
            "booking.created",
            "A booking was made: it appears in the calendar, and cleaning plans follow it.",
            _WHOLE,
            _STAY,
            _booking(needs_all=True),
        ),
        Consumed(
            "booking.updated",
            "A booking changed. What the event does not name stays as it is.",
            _KNOWN,
            {**_SHORT, "ends_at": "2026-11-26T10:00:00Z"},
            _booking(),
            rank=1,
        ),
        Consumed(
            "booking.checked_in",
            "The guests have arrived.",
            _KNOWN,
            _SHORT,
            _booking("checked_in"),
            rank=2,
        ),
        Consumed(
            "booking.completed",
            "The guests have left: the checkout cleaning is made.",
            _KNOWN,
            _SHORT,
            _booking("completed"),
            rank=3,
        ),
        Consumed(
            "booking.cancelled",
            "The booking will not take place: tasks for it that nobody has begun are cancelled.",
            _KNOWN,
            _SHORT,
            _booking("cancelled"),
            rank=4,
        ),
        Consumed(
            "inventory.low_stock",
            "An item runs low: a restocking task is made, one for each item and place at a time.",
            _ITEMS,
            _ITEM,
            _stock(is_critical=False),
        ),
        Consumed(
            "inventory.critical_stock",
            "An item is nearly gone: the restocking task is urgent.",
            _ITEMS,
            {**_ITEM, "quantity": 2},
            _stock(is_critical=True),
        ),
        Consumed(
            "guest.complaint_filed",
            "A guest complained about something: it becomes a maintenance request on the room or that of their stay.",
            _shape(("description",), **_COMPLAINT),
            {
                **{"description": "The shower drips all night.", "category": "plumbing"},
                **{"venue_id": "room-204", "booking_reference": "OP-88213", "guest_id": "g-551"},
                "safety_concern": False,
            },
            _complaint,
        ),
        Consumed(
            "predictive.alert",
            "A device may fail soon: a high risk becomes a work order, one for each device at a time.",
            _shape(("device_id", "risk_level"), **_ALERT),
            {
                **{"device_id": "pump-3", "risk_level": "high", "health_score": 34},
                **{"failure_mode": "Bearing wear", "predicted_failure_at": "2026-12-03T10:00:00Z"},
                **{"confidence": 0.87, "message": "Vibration of 7.1 mm/s at the drive end."},
            },
            _alert,
        ),
    )
}
