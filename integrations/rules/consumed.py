"""The events that are understood here: what each says, how it is described, and how its data are read.

Names and data follow the platform's services; several spellings of a field are taken for the same. Fields that are not
named here are kept with the event and change nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.catalogue import MOMENT, NUMBER, TEXT, YES_NO, Schema
from core.errors import Invalid
from integrations.rules.incoming import moment

_MOST_PEOPLE = 100_000
_LONGEST = 5_000
_PLACE = ("resource", "room", "room_id", "resource_id", "venue_id", "venue")
_REFERENCE = ("booking_reference", "reference", "booking_id")
_STATES = {
    **{name: name for name in ("tentative", "confirmed", "checked_in", "completed", "cancelled")},
    **{"pending": "tentative", "booked": "confirmed", "canceled": "cancelled"},
    **{"checked_out": "completed", "in_house": "checked_in"},
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


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
    """What a guest complained about. Of `place` and `booking_reference` at least one is known."""

    text: str
    title: str
    category: str
    place: str
    booking_reference: str
    guest_id: str
    is_unsafe: bool


News = BookingNews | StockNews | Complaint


@dataclass(frozen=True, slots=True)
class Consumed:
    """An event that is understood. `rank` decides between two of one booking that happened at the same moment."""

    name: str
    summary: str
    data: Schema
    example: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], News]
    rank: int = 0


@dataclass
class _Fields:
    """The data of an event, read field by field; what is wrong is collected."""

    data: Mapping[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def text(self, *names: str, most: int = 100, needed: str = "", asked: str = "") -> str:
        """The first of these that is there; `needed` is the sentence for when none is, said of `asked`."""
        name, value = self._first(names)
        if isinstance(value, Mapping):
            inner = ("external_id", "code", "id")
            value = next((value[one] for one in inner if value.get(one)), "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.errors[f"data.{name}"] = ["It is no text."]
            return ""
        if needed and not value.strip():
            self.errors[f"data.{asked or names[0]}"] = [needed]
        if len(value) > most:
            self.errors[f"data.{name}"] = [f"It has {len(value)} characters; {most} are possible."]
        return value.strip()[:most]

    def moment(self, *names: str) -> datetime | None:
        name, value = self._first(names)
        if value == "":
            return None
        try:
            return moment(value)
        except (ValueError, OverflowError):
            self.errors[f"data.{name}"] = ["A time in ISO 8601, such as 2026-11-22T15:00:00Z."]
            return None

    def people(self, *names: str) -> int | None:
        name, value = self._first(names)
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_PEOPLE:
            self.errors[f"data.{name}"] = [f"A whole number up to {_MOST_PEOPLE:,}."]
            return None
        return value

    def address(self, *names: str) -> str:
        found = self.text(*names, most=254)
        if found and not _ADDRESS.fullmatch(found):
            self.errors[f"data.{names[0]}"] = ["An e-mail address, such as ada@example.org."]
        return found

    def yes_no(self, *names: str) -> bool:
        name, value = self._first(names)
        found = _YES.get(str(value).lower()) if value != "" else False
        if found is None:
            self.errors[f"data.{name}"] = ["True or false."]
        return bool(found)

    def state(self) -> str:
        _, value = self._first(("status",))
        if value == "":
            return ""
        found = _STATES.get(str(value).strip().lower().replace("-", "_").replace(" ", "_"))
        if found is None:
            self.errors["data.status"] = [f"One of {', '.join(sorted(set(_STATES.values())))}."]
        return found or ""

    def finish(self) -> None:
        """Raises `Invalid` when something was wrong."""
        if self.errors:
            raise Invalid(errors=self.errors)

    def _first(self, names: tuple[str, ...]) -> tuple[str, Any]:
        found = (name for name in names if self.data.get(name) not in (None, ""))
        name = next(found, "")
        return (name, self.data[name]) if name else (names[0], "")


def _booking(status: str = "", *, needs_all: bool = False) -> Callable[[Mapping[str, Any]], News]:
    """A reader of booking events. `status` is what the name of the event says, where it says so."""

    def read(data: Mapping[str, Any]) -> News:
        fields = _Fields(data)
        reference = fields.text(*_REFERENCE, needed="Which booking is it about?")
        place = fields.text(*_PLACE)
        found: dict[str, Any] = {
            "starts_at": fields.moment("starts_at", "start", "check_in", "checkin_at"),
            "ends_at": fields.moment("ends_at", "end", "check_out", "checkout_at"),
            "status": (fields.state() or "confirmed")
            if needs_all
            else (status or fields.state() or None),
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


def _check_times(values: Mapping[str, Any], fields: _Fields) -> None:
    start, end = values.get("starts_at"), values.get("ends_at")
    if start is not None and end is not None and start >= end:
        fields.errors.setdefault("data.ends_at", ["The end must be after the start."])


def _check_whole(place: str, values: Mapping[str, Any], fields: _Fields) -> None:
    if not place:
        fields.errors.setdefault("data.venue_id", ["Which resource is booked?"])
    for name in ("starts_at", "ends_at"):
        if name not in values:
            fields.errors.setdefault(f"data.{name}", ["It is missing."])


def _stock(*, is_critical: bool) -> Callable[[Mapping[str, Any]], News]:
    def read(data: Mapping[str, Any]) -> News:
        fields = _Fields(data)
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
    fields = _Fields(data)
    text = fields.text("description", "complaint", "text", "message", "title", most=_LONGEST)
    title = fields.text("title", "subject", most=200)
    if not text:
        fields.errors.setdefault("data.description", ["What is the complaint?"])
    place, reference = fields.text(*_PLACE), fields.text(*_REFERENCE)
    if not place and not reference and not fields.errors:
        fields.errors["data.venue_id"] = ["Name the room, or the guest's booking."]
    category = fields.text("category", "type")
    is_unsafe = fields.yes_no("safety_concern", "is_safety_concern", "safety")
    news = Complaint(
        text=text,
        title=title,
        category=category,
        place=place,
        booking_reference=reference,
        guest_id=fields.text("guest_id"),
        is_unsafe=is_unsafe or category.lower() == "safety",
    )
    fields.finish()
    return news


def _shape(needed: tuple[str, ...], **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(needed)}


_BOOKING = {
    **{"booking_reference": TEXT, "venue_id": TEXT, "starts_at": MOMENT, "ends_at": MOMENT},
    "status": {"type": "string", "enum": sorted(_STATES)},
    "people": {**NUMBER, "minimum": 0, "maximum": _MOST_PEOPLE},
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
            "A guest complained about something: it becomes a maintenance request.",
            _shape(("description",), **_COMPLAINT),
            {
                **{"description": "The shower drips all night.", "category": "plumbing"},
                **{"venue_id": "room-204", "booking_reference": "OP-88213", "guest_id": "g-551"},
                "safety_concern": False,
            },
            _complaint,
        ),
    )
}
