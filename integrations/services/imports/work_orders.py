"""Work orders of another system: by external id, else as often as the same line stands in the file."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from core.errors import DomainError, Invalid
from integrations.services.imports.outcomes import Outcome, State, Work
from integrations.services.imports.source import Row
from integrations.services.imports.values import moment
from worklogs import states
from worklogs.services.taking_over import Foreign, take_over

#: Dates without a time count as noon of the resource's day.
HOUR = 12
_BATCH = 1_000
_MOMENTS = ("reported_at", "completed_at", "due_at")
_AS_THEY_ARE = (
    *("title", "kind", "category", "priority", "description", "labor_cost", "parts_cost"),
    *("other_cost", "failure_mode", "cause", "remedy", "odometer", "external_id"),
)


def take_work_orders(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Take over orders as they stand in another system. Lines that say the same are as many orders."""
    remaining = iter(rows)
    alike: Counter[Any] = Counter()
    while batch := list(islice(remaining, _BATCH)):
        yield from _take_batch(batch, alike, work)


def _take_batch(batch: list[Row], alike: Counter[Any], work: Work) -> Iterator[Outcome]:
    told: list[tuple[Row, Foreign]] = []
    for row in batch:
        try:
            values = _values(row, work)
            if external_id := values.get("external_id"):
                work.claim(external_id, row)
            one = Foreign(values)
            alike[one.key] += 1
            told.append((row, Foreign(values, alike[one.key])))
        except DomainError as error:
            yield work.rejected(row, error)
    fates = take_over([one for _, one in told], by=work.by, now=work.now)
    for (row, _), fate in zip(told, fates, strict=True):
        if isinstance(fate, DomainError):
            yield work.rejected(row, fate)
        else:
            yield Outcome(row, State(fate.value))


def _values(row: Row, work: Work) -> dict[str, Any]:
    said: dict[str, Any] = work.reader.values(row)
    for name in ("resource", "title"):
        if name not in said:
            raise Invalid("It is missing.", field=name)
    if "reported_at" not in said and "completed_at" not in said:
        raise Invalid("It is missing, and so is when it was completed.", field="reported_at")
    resource = work.lookups.resource(said["resource"], "resource")
    values = {name: said[name] for name in _AS_THEY_ARE if name in said}
    values |= {name: _instant(said[name], resource) for name in _MOMENTS if name in said}
    values.setdefault("reported_at", values.get("completed_at"))
    if "assigned_to" in said:
        values["assigned_to"] = work.lookups.person(said["assigned_to"], "assigned_to")
    if "kind" in row.texts:
        values["order_type"] = row.texts["kind"][:40]
    done = "completed_at" in values
    status = said.get("status") or (states.COMPLETED if done else states.SCHEDULED)
    return {**values, "resource": resource, "status": status}


def _instant(value: Any, resource: Any) -> datetime:
    return moment(value, resource.effective_time_zone, hour=HOUR).astimezone(UTC)
