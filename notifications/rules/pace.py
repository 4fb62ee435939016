"""When a message leaves: at once, with the next digest, after quiet hours; and when there are too many of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND, _HOUR, _DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
#: So long are messages of one person and channel counted against each other.
STORM_SPAN = timedelta(minutes=10)
#: Beyond so many within `STORM_SPAN`, what is not urgent is folded into one message; beyond the other, all is.
MOST_USUAL, MOST_URGENT = 30, 100


@dataclass(frozen=True, slots=True)
class Habits:
    """When one person wants to be told; times are wall times of `zone`, an IANA name.

    `rhythm` is at_once, hourly or daily (at `digest_hour`). Quiet hours may go over midnight; None: there are none.
    """

    zone: str
    rhythm: str = "at_once"
    digest_hour: int = 7
    quiet_from: time | None = None
    quiet_until: time | None = None


def leaves_at(now: datetime, habits: Habits) -> datetime:
    """The first moment (UTC) at or after `now` at which a message that is not urgent may leave."""
    zone = ZoneInfo(habits.zone)
    return _after_quiet(_next_digest(now, habits, zone), habits, zone)


def is_quiet(moment: datetime, habits: Habits) -> bool:
    """Whether the moment lies in the person's quiet hours; their end is not quiet any more."""
    start, end = habits.quiet_from, habits.quiet_until
    if start is None or end is None:
        return False
    wall = moment.astimezone(ZoneInfo(habits.zone)).time()
    return start <= wall < end if start < end else wall >= start or wall < end


def folds(*, sent_lately: int, is_urgent: bool) -> bool:
    """Whether one more message is too many after so many within `STORM_SPAN`."""
    return sent_lately >= (MOST_URGENT if is_urgent else MOST_USUAL)


def _next_digest(now: datetime, habits: Habits, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    if habits.rhythm == "hourly":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now.astimezone(UTC) + _HOUR - past
    if habits.rhythm == "daily":
        hour = time(habits.digest_hour)
        today = _instant(datetime.combine(local.date(), hour), zone)
        return today if today > now else _instant(datetime.combine(local.date() + _DAY, hour), zone)
    return now.astimezone(UTC)


def _after_quiet(moment: datetime, habits: Habits, zone: ZoneInfo) -> datetime:
    if not is_quiet(moment, habits) or habits.quiet_until is None:
        return moment
    local = moment.astimezone(zone)
    day = local.date() if local.time() < habits.quiet_until else local.date() + _DAY
    end = _instant(datetime.combine(day, habits.quiet_until), zone)
    if end <= moment:  # the hour that the clock repeats: its first time has passed
        end = _instant(
            datetime.combine(
                day,
                habits.quiet_until,
            ),
            zone,
            fold=1,
        )
    return end


def _instant(wall: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """The instant of a wall time; one that a change of the clock skips means the change."""
    found = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    before, after = sorted(wall.replace(tzinfo=zone, fold=side).astimezone(UTC) for side in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
