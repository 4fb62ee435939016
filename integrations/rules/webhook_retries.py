"""When an event that was not taken is tried again, and when the receiver is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: After the first failure, the second, and so on; the last goes on.
WAITS = (
    *(timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=2), timedelta(hours=5), timedelta(hours=10)),
)
LONGEST = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(days=1)


def wait(attempts: int, *, spread: float, asked: timedelta | None = None) -> timedelta:
    """Until the next attempt, after `attempts` of them.

    `spread` is about 1 and keeps receivers from being tried in step. What the receiver `asked` for is waited at
    least, up to a day.
    """
    usual = WAITS[min(attempts, len(WAITS)) - 1] * spread
    return max(usual, min(asked, LONGEST)) if asked is not None else usual


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether it has gone on for so long that nobody sees to it."""
    return now - failing_since > GIVEN_UP_AFTER


def retry_after(text: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date; None when it says nothing that can be read."""
    given = text.strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:9])), LONGEST)
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(timedelta(), min(moment - now, LONGEST))
