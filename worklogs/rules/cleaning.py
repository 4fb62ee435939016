"""Which cleaning a booking asks for, until when, and how tight that is (DOMAIN, "Windows and bookings")."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CHECKED_IN, COMPLETED, CANCELLED, TENTATIVE = "checked_in", "completed", "cancelled", "tentative"
ONCE, EACH_DAY, EACH_EVENING = "once", "each_day", "each_evening"
#: For how long after a check-out or an arrival its task is still worth making: older news is history.
FRESH = timedelta(hours=24)
#: How many days of a long stay are planned ahead.
DAYS_AHEAD = 14
#: With less spare time than this between the end of the work and the next arrival a turn-over is tight.
SPARE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Stay:
    """A booking as far as cleaning goes. `left_at`: when the guests really left; none while they have not."""

    starts_at: datetime
    ends_at: datetime
    status: str
    zone: str
    left_at: datetime | None = None
    next_starts_at: datetime | None = None

    @property
    def checkout(self) -> datetime:
        """When they left, else when they are to leave."""
        return self.left_at or self.ends_at


@dataclass(frozen=True, slots=True)
class Demand:
    """What a plan asks for. `rhythm` counts for plans on check-in; `due_time` is local."""

    on_checkout: bool
    rhythm: str = ONCE
    is_ahead: bool = True
    allowed: timedelta = timedelta(hours=1)
    setup: timedelta = timedelta(0)
    due_time: time = time(16)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One task: `part` tells those of one booking apart. `is_new`: worth making now, besides keeping."""

    part: str
    day: date
    begins_at: datetime
    due_at: datetime
    is_new: bool


def wanted(demand: Demand, stay: Stay, *, now: datetime) -> list[Wanted]:
    """The tasks that the stay asks for; none for a booking that is cancelled or not certain."""
    if stay.status in {CANCELLED, TENTATIVE}:
        return []
    if demand.on_checkout:
        return _checkout(demand, stay, now)
    if demand.rhythm == ONCE:
        return _arrival(demand, stay, now)
    return _days(demand, stay, now)


def due_after(checkout: datetime, next_starts_at: datetime | None, demand: Demand) -> datetime:
    """The plan's time after the check-out, earlier when somebody arrives before, never before the check-out."""
    policy = checkout + demand.allowed
    if next_starts_at is None:
        return policy
    return max(checkout, min(policy, next_starts_at - demand.setup))


def tightness(
    begins_at: datetime, next_starts_at: datetime | None, minutes: int, setup: timedelta
) -> str:
    """What is tight about a turn-over, in words; empty when nothing is."""
    if next_starts_at is None:
        return ""
    gap = next_starts_at - setup - begins_at
    work = timedelta(minutes=minutes)
    if gap <= timedelta(0):
        return "Tight: the next guests arrive before these have left."
    if gap < work:
        return f"Tight: {_in_words(gap)} until the next guests, the work takes {_in_words(work)}."
    if gap < work + SPARE:
        return f"Tight: only {_in_words(gap - work)} to spare before the next guests."
    return ""


def _checkout(demand: Demand, stay: Stay, now: datetime) -> list[Wanted]:
    """Prepared from the morning of the last day on where the plan says so, else once the guests have left."""
    day = _day(stay.checkout, stay.zone)
    is_over = stay.status == COMPLETED
    is_near = is_over or (demand.is_ahead and _day(now, stay.zone) >= day)
    if not is_near:
        return []
    due = due_after(stay.checkout, stay.next_starts_at, demand)
    return [Wanted("", day, stay.checkout, due, is_new=stay.checkout > now - FRESH)]


def _arrival(demand: Demand, stay: Stay, now: datetime) -> list[Wanted]:
    if stay.status not in {CHECKED_IN, COMPLETED}:
        return []
    start = stay.starts_at
    is_new = stay.status == CHECKED_IN and start > now - FRESH
    return [Wanted("", _day(start, stay.zone), start, start + demand.allowed, is_new=is_new)]


def _days(demand: Demand, stay: Stay, now: datetime) -> list[Wanted]:
    """From today on; of a stay that is over none is left."""
    if stay.status != CHECKED_IN:
        return []
    return [
        Wanted(
            day.isoformat(),
            day,
            max(stay.starts_at, _at(day, time.min, stay.zone)),
            due,
            is_new=due > now,
        )
        for day in _stayed(demand, stay, now)
        if (due := _at(day, demand.due_time, stay.zone)) > stay.starts_at
    ]


def _stayed(demand: Demand, stay: Stay, now: datetime) -> Iterator[date]:
    first, last = _day(stay.starts_at, stay.zone), _day(stay.ends_at, stay.zone)
    day = first if demand.rhythm == EACH_EVENING else first + timedelta(days=1)
    today = _day(now, stay.zone)
    day, end = max(day, today), min(last, today + timedelta(days=DAYS_AHEAD))
    while day < end:
        yield day
        day += timedelta(days=1)


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _in_words(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else ""]
    return " ".join(part for part in parts if part)
