"""A schedule's rule in words and its coming dates, cheap enough for lists and for every key pressed in a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from scheduling.models import Schedule
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import local_of
from scheduling.rules.words import in_words
from scheduling.services.plans import check_definition, home_zone, recurrence_of

#: The columns that decide about the words.
DEFINITION = (
    *("frequency", "interval", "interval_unit", "rrule", "exdates", "basis", "overflow"),
    *("start_at", "until"),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a definition means: its rule in words, and its next dates as aware moments in `zone`."""

    rule_text: str
    dates: list[datetime]
    zone: str


def preview(schedule: Schedule, *, count: int = 5) -> Preview:
    """The words and next dates of a schedule as it would be saved; writes nothing. Raises `Invalid`.

    An existing schedule goes on after the dates that have rows.
    """
    schedule._adopt_missing()
    check_definition(schedule)
    zone = home_zone(schedule)
    recurrence = recurrence_of(schedule, zone=zone)
    last = schedule.due_states.exclude(position="").order_by("position").first()
    coming = (
        series.after(recurrence, local_of(last.position))
        if last is not None
        else series.after(recurrence, recurrence.start, inclusive=True)
    )
    dates = [zones.to_utc(local, zone) for local in islice(coming, count)]
    return Preview(rule_text_of(vars(schedule), zone), dates, zone)


def rule_text_of(values: Mapping[str, Any], zone: str) -> str:
    """The rule of a schedule given by its columns, in words; remembered for as long as the definition stays."""
    exdates = tuple(values["exdates"] or ())
    return _words(tuple(exdates if n == "exdates" else values[n] for n in DEFINITION), zone)


@lru_cache(maxsize=16_384)
def _words(definition: tuple[Any, ...], zone: str) -> str:
    schedule = Schedule(**dict(zip(DEFINITION, definition, strict=True)))
    words = in_words(recurrence_of(schedule, zone=zone))
    if schedule.basis == Schedule.Basis.FLOATING:
        return f"{words}, counted from the last completion"
    return words
