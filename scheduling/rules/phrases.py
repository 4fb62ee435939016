"""English building blocks for rules in words: lists, ordinals, dates and times."""

from collections.abc import Iterable, Sequence
from datetime import date, time

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SPELLED = ("", "first", "second", "third", "fourth", "fifth")
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def listed(items: Sequence[str], conjunction: str = "and") -> str:
    """One, two and three."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def plural(count: int, noun: str) -> str:
    """The noun alone for one, else "3 months"."""
    return noun if count == 1 else f"{count} {noun}s"


def counted(count: int, noun: str) -> str:
    """ "1 month", "3 months"."""
    return f"{count} {noun}" if count == 1 else plural(count, noun)


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{_SUFFIXES.get(number % 10, 'th')}"


def place(number: int) -> str:
    """The place in a sequence, from the front or, negative, from the back: first, 20th, last, second to last."""
    if number == -1:
        return "last"
    size = abs(number)
    word = _SPELLED[size] if size < len(_SPELLED) else ordinal(size)
    return word if number > 0 else f"{word} to last"


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last) of each unbroken run."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def ranged(numbers: Iterable[int], names: dict[int, str]) -> list[str]:
    """Names, runs of three and more shortened to "Monday to Friday"."""
    found = []
    for first, last in runs(numbers):
        if last - first >= 2:
            found.append(f"{names[first]} to {names[last]}")
        else:
            found += [names[number] for number in range(first, last + 1)]
    return found


def day_words(day: date) -> str:
    """31 January 2024."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_words(clock: time) -> str:
    """08:00, with seconds only where there are some."""
    return clock.strftime("%H:%M:%S" if clock.second else "%H:%M")
