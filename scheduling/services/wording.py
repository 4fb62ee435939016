"""A schedule's rule in words and its coming dates, cheap enough for lists and for every key pressed in a form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from scheduling.models import DueState, Schedule
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import local_of
from scheduling.rules.recurrence import Recurrence
from scheduling.rules.words import in_words
from scheduling.services.plans import check_definition, home_zone, recurrence_of

#: The columns that decide about the words.
DEFINITION = (
    *("frequency", "interval", "interval_unit", "rrule", "exdates", "basis", "overflow"),
    *("start_at", "until"),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a definition means: its rule in words, and its next dates from today on as aware moments in `zone`.

    `past_start`: the first date of a new schedule that begins before today, which comes due at once.
    """

    rule_text: str
    dates: list[datetime]
    zone: str
    past_start: datetime | None = None


def preview(schedule: Schedule, *, now: datetime, count: int = 5) -> Preview:
    """The words and next dates of a schedule as it would be saved; writes nothing. Raises `Invalid`.

    An existing schedule goes on after the dates that have rows; of several resources the one that is furthest
    behind counts.
    """
    schedule._adopt_missing()
    check_definition(schedule)
    zone = home_zone(schedule)
    recurrence = recurrence_of(schedule, zone=zone)
    behind = schedule.due_states.order_by("position", "baseline_on").first()
    today = zones.local_date(now, zone)
    floating = schedule.basis == Schedule.Basis.FLOATING
    coming = (_counted if floating else _by_calendar)(recurrence, behind, today)
    first = None if behind else series.first_after(recurrence, recurrence.start, inclusive=True)
    return Preview(
        rule_text_of(vars(schedule), zone),
        [zones.to_utc(local, zone) for local in islice(coming, count)],
        zone,
        zones.to_utc(first, zone) if first and first.date() < today else None,
    )


def _by_calendar(
    recurrence: Recurrence, behind: DueState | None, today: date
) -> Iterator[datetime]:
    """The dates of the series from today on, after the last one that has a row."""
    midnight = datetime.combine(today, time.min)
    if behind and behind.position and (last := local_of(behind.position)) >= midnight:
        return series.after(recurrence, last)
    return series.after(recurrence, midnight, inclusive=True)


def _counted(recurrence: Recurrence, behind: DueState | None, today: date) -> Iterator[datetime]:
    """The dates from today on when each is done on its day, and one that is overdue today."""
    coming = (
        series.floating_next(recurrence, behind.baseline_on)
        if behind and behind.baseline_on
        else series.first_after(recurrence, recurrence.start, inclusive=True)
    )
    while coming:
        if coming.date() >= today:
            yield coming
        coming = series.floating_next(recurrence, max(coming.date(), today))


def rule_text_of(values: Mapping[str, Any], zone: str) -> str:
    """The rule of a schedule given by its columns, in words; remembered for as long as the definition stays."""
    return _words(_plain(values), tuple(values["exdates"] or ()), zone)


_PLAIN = tuple(name for name in DEFINITION if name != "exdates")
_plain = itemgetter(*_PLAIN)


@lru_cache(maxsize=16_384)
def _words(plain: tuple[Any, ...], exdates: tuple[Any, ...], zone: str) -> str:
    schedule = Schedule(**dict(zip(_PLAIN, plain, strict=True)), exdates=exdates)
    words = in_words(recurrence_of(schedule, zone=zone))
    if schedule.basis == Schedule.Basis.FLOATING:
        return f"{words}, counted from the last completion"
    return words
