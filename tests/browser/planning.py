"""Times and drags that the tests of calendar and timeline share."""

from datetime import UTC, datetime, timedelta
from functools import cache

from playwright.sync_api import Locator, Page


@cache
def monday() -> datetime:
    """Midnight in UTC of the Monday after next: in the future, and with the days after it in one week.

    It stays the same while the tests run, also through the night from Sunday to Monday.
    """
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=14 - midnight.weekday())


def drag(page: Page, what: Locator, *, right: float = 0, down: float = 0, at: float = 0.5) -> None:
    """Pull from `at` of its width so many pixels, as a hand does: not at once."""
    box = what.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * at, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=4)
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()
