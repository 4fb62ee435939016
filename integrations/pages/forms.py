"""What the import pages show about a file, and what they send back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.rules.moments import day
from integrations.models import ImportRun
from integrations.rules import columns, dates, encodings
from integrations.rules.fields import ENTITIES as FIELDS
from integrations.rules.tables import DELIMITERS
from integrations.services.imports import calendar_file, files
from integrations.services.imports.source import Inspection, Options

_EXAMPLES = 3
_EXAMPLE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Entity:
    """What a file can hold, as it is offered."""

    value: str
    label: str
    icon: str
    help: str
    key: str


ENTITIES = {
    entity.value: entity
    for entity in (
        Entity(
            "resources",
            "Resources",
            "account_tree",
            "Rooms, venues, vehicles, machines, with the resource above each.",
            "Recognised by external id or code. Parents may stand anywhere in the file.",
        ),
        Entity(
            "schedules",
            "Schedules",
            "event_repeat",
            "What has to be done on a resource, or on every one of a type, and how often.",
            "Recognised by external id, else by title and resource. Dates without a time mean 08:00.",
        ),
        Entity(
            "logs",
            "Logs",
            "fact_check",
            "Work that was done. It moves due dates as if it had been logged by hand.",
            "Recognised by external id, else by schedule, resource and time. A log is never changed.",
        ),
        Entity(
            "work_orders",
            "Work orders",
            "assignment",
            "Work of your former system, done and still to be done, with its cost. Nobody is told about it.",
            "Recognised by external id, else by resource, title, times and cost.",
        ),
        Entity(
            "users",
            "Users",
            "group",
            "People and their roles. New ones are invited by mail to choose a password.",
            "Recognised by e-mail address. Without a role somebody new may report and read.",
        ),
        Entity(
            "bookings",
            "Bookings",
            "book_online",
            "Who has which resource, and when, as your booking system says.",
            "Recognised by booking system and reference. Older news never overwrites newer.",
        ),
        Entity(
            "calendar",
            "Calendar of bookings",
            "calendar_month",
            "An .ics file of one room, vehicle or machine, as calendars and booking systems write it.",
            "Every entry that takes time becomes a booking; entries that repeat, one for each of their dates.",
        ),
    )
}


def reading(run: ImportRun, inspection: Inspection, now: datetime) -> dict[str, Any]:
    """The context for the part of the page that shows how the file is read."""
    orders = {column.column: column for column in inspection.dates}
    shown = []
    for number, name in enumerate(inspection.header):
        values = [row.values[number] for row in inspection.first if number < len(row.values)]
        examples = [value.strip()[:_EXAMPLE_LENGTH] for value in values if value.strip()]
        shown.append(
            {
                "name": name,
                "examples": examples[:_EXAMPLES],
                "field": inspection.mapping.get(name, ""),
                "dates": orders.get(name),
                "attribute": columns.ATTRIBUTE + columns.attribute_key(name),
            }
        )
    return {
        "inspection": inspection,
        "columns": shown,
        "fields": FIELDS[files.fields_of(run.entity)],
        "encodings": sorted({inspection.encoding, *encodings.CHOICES}),
        "delimiters": DELIMITERS,
        "orders": dates.ORDERS,
        "create_types": run.options.get("create_types", False),
        "needs_source": files.fields_of(run.entity) == "bookings"
        and "source" not in inspection.mapping.values(),
        "source": run.options.get("source", ""),
        "is_calendar": run.entity == files.CALENDAR,
        "resource": run.options.get("resource", ""),
        "first_day": day((now - calendar_file.PAST).date()),
        "last_day": day((now + calendar_file.FUTURE).date()),
        "ambiguous": [column for column in inspection.dates if column.is_ambiguous],
    }


def options(sent: Mapping[str, str], header: list[str], *, before: Options) -> Options:
    """What the person chose. Another encoding or separator makes other columns, so these are found anew."""
    encoding, delimiter = sent.get("encoding", ""), sent.get("delimiter", "")
    delimiter = "\t" if delimiter == "tab" else delimiter
    is_other = (encoding, delimiter) != (before.encoding, before.delimiter)
    mapping, orders = {}, {}
    for number, name in enumerate(header):
        mapping[name] = sent.get(f"field-{number}", "")
        if order := sent.get(f"order-{number}", ""):
            orders[name] = order
    orders = {name: order for name, order in orders.items() if order in dates.ORDERS}
    return Options(
        encoding,
        delimiter if delimiter in DELIMITERS else "",
        {} if is_other else mapping,
        {} if is_other else orders,
        "create_types" in sent,
        sent.get("source", "").strip()[:50],
        sent.get("resource", "").strip()[:200],
    )
