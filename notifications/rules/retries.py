"""When a delivery that failed is tried again."""

from datetime import timedelta

MOST_RETRIES = 3
_FIRST_WAIT = timedelta(minutes=1)
_GROWTH = 4


def wait_after(attempts: int, *, spread: float) -> timedelta | None:
    """The pause after the given number of attempts: 1, 4 and 16 minutes, then None: it has failed.

    `spread` between 0 and 1 shortens or lengthens the pause by up to a quarter, so that deliveries that failed
    together are not all tried again together.
    """
    if attempts > MOST_RETRIES:
        return None
    wait: timedelta = _FIRST_WAIT * _GROWTH ** (attempts - 1)
    return wait * (0.75 + spread / 2)
