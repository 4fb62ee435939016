"""Weekly working hours as stretches of real time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from scheduling.rules import zones

#: Weekday (Monday is 0), opening and closing time of one stretch of a week.
Hours = tuple[int, time, time]


def stretches(
    hours: Iterable[Hours], zone: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The working time that touches `[start, end)`, as aware moments in UTC, in order.

    Hours are local wall times of `zone`: over a change of the clocks they keep their times and change their length.
    """
    week = sorted(hours)
    day = zones.local_date(start, zone) - timedelta(days=1)
    last = zones.local_date(end, zone)
    while day <= last:
        for weekday, opens, closes in week:
            if weekday == day.weekday():
                opening = zones.to_utc(datetime.combine(day, opens), zone)
                closing = zones.to_utc(datetime.combine(day, closes), zone)
                if opening < end and closing > start and opening < closing:
                    yield opening, closing
        day += timedelta(days=1)
