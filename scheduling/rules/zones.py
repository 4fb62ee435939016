"""Between local wall time and instants.

Schedules are kept in local wall time, so that 06:00 stays 06:00 across changes to and from daylight saving time; the
database keeps instants in UTC. A wall time that a forward change skips moves forward by the gap (02:30 becomes 03:30);
one that a backward change repeats means its first occurrence.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Many schedules share their days and hours, and a check asks for each several times.
_REMEMBERED = 65_536
_zone = lru_cache(maxsize=1024)(ZoneInfo)


@lru_cache(maxsize=_REMEMBERED)
def to_utc(local: datetime, zone: str) -> datetime:
    """The instant (aware, UTC) of a naive wall time in the zone; raises ZoneInfoNotFoundError for an unknown zone.

    With fold 0 the standard library reads a skipped time with the offset before the change, which is the shift
    forward, and a repeated time as its first occurrence.
    """
    return local.replace(tzinfo=_zone(zone), fold=0).astimezone(UTC)


@lru_cache(maxsize=_REMEMBERED)
def to_local(moment: datetime, zone: str) -> datetime:
    """The naive wall time in the zone at an aware instant; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A moment without time zone has no local time: pass an aware datetime.")
    return moment.astimezone(_zone(zone)).replace(tzinfo=None, fold=0)


def stretch(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime]:
    """The instants of a wall time and a later one; both keep their place on the wall.

    Where a forward change leaves nothing between them, the stretch begins after it and is as long as on the wall.
    """
    low, high = to_utc(start, zone), to_utc(end, zone)
    return low, high if high > low else low + (end - start)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date in the zone at an aware instant."""
    return to_local(moment, zone).date()


@lru_cache(maxsize=_REMEMBERED)
def start_of_day(day: date, zone: str) -> datetime:
    """The first instant (aware, UTC) of a local day, also where the clock skips midnight.

    For a day that the zone skipped altogether (Samoa, 30 December 2011) it is the first instant after it.
    """
    midnight = datetime.combine(day, time.min)
    instant = to_utc(midnight, zone)
    if to_local(instant, zone) == midnight:
        return instant
    return _change_before(
        instant, midnight.replace(tzinfo=_zone(zone), fold=1).astimezone(UTC), zone
    )


def _change_before(after: datetime, before: datetime, zone: str) -> datetime:
    """The instant in (before, after] at which the zone's offset changes, to the second."""
    offset = after.astimezone(_zone(zone)).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(_zone(zone)).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
