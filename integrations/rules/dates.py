"""Dates as people and systems write them; the order of day and month is decided over a whole column."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

ISO, DAY_FIRST, MONTH_FIRST = "iso", "dmy", "mdy"
ORDERS = {
    ISO: "Year first: 2026-03-04",
    DAY_FIRST: "Day first: 04/03/2026",
    MONTH_FIRST: "Month first: 03/04/2026",
}
_EXPECTED = {
    ISO: "with the year first, such as 2026-03-04 or 2026-03-04 08:30",
    DAY_FIRST: "with the day first, such as 04/03/2026 or 04/03/2026 08:30",
    MONTH_FIRST: "with the month first, such as 03/04/2026 or 03/04/2026 08:30",
}
_EXAMPLES = 3
_PARTS = re.compile(
    r"(?P<a>\d{1,4})[-/. ](?P<b>\d{1,2}|[A-Za-z]{3,9})[-/. ,]+(?P<c>\d{1,4})\.?"
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        start=1,
    )
}


@lru_cache(maxsize=65_536)  # files say the same days many times, and are read twice
def parse(text: str, order: str) -> datetime | date:
    """A date, or a moment that is naive unless the text carries an offset. Raises `ValueError` with what is expected.

    `order` decides about 03/04/2026; years in front and months in letters are never in doubt.
    """
    try:
        return _parsed(text.strip(), order)
    except ValueError as error:
        wanted = _EXPECTED[order]
        raise ValueError(
            f"“{text}” is not a date. Write a day of the calendar {wanted}."
        ) from error


def _parsed(text: str, order: str) -> datetime | date:
    if compact := _COMPACT.fullmatch(text):
        return date(*(int(part) for part in compact.groups()))
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day = _day(found["a"], found["b"], found["c"], order)
    if found["hour"] is None:
        return day
    return datetime.combine(day, _time(found), _zone(found["zone"]))


def _day(first: str, second: str, third: str, order: str) -> date:
    if second.isalpha():
        month = _MONTHS.get(second[:3].lower())
        if month is None:
            raise ValueError(second)
        year, day = (first, third) if len(first) == 4 else (third, first)
        return date(_year(year), month, int(day))
    if len(first) == 4:
        return date(int(first), int(second), int(third))
    if order == MONTH_FIRST:
        return date(_year(third), int(first), int(second))
    if order == DAY_FIRST:
        return date(_year(third), int(second), int(first))
    raise ValueError(first)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    if len(text) == 2:
        return 2000 + int(text) if int(text) < 70 else 1900 + int(text)
    raise ValueError(text)


def _time(found: re.Match[str]) -> time:
    hour, half = int(found["hour"]), (found["half"] or "")[:1].lower()
    if half and not 1 <= hour <= 12:
        raise ValueError(found["hour"])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micros = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    return time(hour, int(found["minute"]), int(found["second"] or 0), micros)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in {"Z", "UTC"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


@dataclass(slots=True)
class OrderFinder:
    """Watches the values of a column and tells in which order its dates are written."""

    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDERS, 0))
    differing: int = 0
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def see(self, text: str) -> None:
        """Take one more value into account."""
        text = text.strip()
        if not text:
            return
        self.count += 1
        if text[:4].isdigit():  # the year stands first: every order reads it alike
            try:
                parse(text, ISO)
            except ValueError:
                self.failed = {order: count + 1 for order, count in self.failed.items()}
            return
        read: dict[str, datetime | date] = {}
        for order in ORDERS:
            try:
                read[order] = parse(text, order)
            except ValueError:
                self.failed[order] += 1
        day, month = read.get(DAY_FIRST), read.get(MONTH_FIRST)
        if day is not None and month is not None and day != month:
            self.differing += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append(text)

    @property
    def order(self) -> str:
        """The order that reads the most values; year first and then day first where it makes no difference."""
        return min(ORDERS, key=lambda order: self.failed[order])

    @property
    def is_ambiguous(self) -> bool:
        """Whether day first and month first read the column equally well, but differently."""
        return self.differing > 0 and self.failed[DAY_FIRST] == self.failed[MONTH_FIRST]

    @property
    def unreadable(self) -> int:
        """How many values are no date in the order found."""
        return self.failed[self.order]
