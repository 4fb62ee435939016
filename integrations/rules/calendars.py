"""Reading foreign calendars (RFC 5545): every instance in a period, as plain values.

Rules in foreign files can spin without an end, and parsers can be driven to their limits, so a process of its own reads
them, within limits of time and memory: `python -m integrations.rules.calendars START END SECONDS`, the file on its
input, JSON on its output.
"""

import json
import resource
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]

MOST_INSTANCES = 20_000
SECONDS = 10
_MEMORY = 1_000_000_000
_LONGEST_REFERENCE = 100
_STATUS = {"CANCELLED": "cancelled", "TENTATIVE": "tentative"}
_REPEATS = frozenset({"RRULE", "RDATE", "RECURRENCE-ID"})
_TOO_FREQUENT = frozenset({"MINUTELY", "SECONDLY"})
_TOO_MANY = (
    f"Its entries take place more than {MOST_INSTANCES} times in the period. Choose a shorter one."
)


class BadCalendar(ValueError):
    """The file cannot be read as a calendar; the message says why."""


def read(data: bytes, start: date, end: date) -> dict[str, Any]:
    """Every instance with a moment from `start` to `end`: `rows` of texts by field, and `problems` by line.

    `events` counts the entries as they stand in the file, `free` the instances that take no time from anybody.
    Raises `BadCalendar`.
    """
    calendars = _parsed(data)
    lines = _lines(data)
    rows: dict[str, dict[str, str]] = {}
    problems: list[tuple[int, str]] = []
    found: dict[str, Any] = {"events": 0, "instances": 0, "free": 0}
    for one in calendars:
        repeating = {
            str(event.get("UID", ""))
            for event in one.walk("VEVENT")
            if _REPEATS.intersection(event)
        }
        found["events"] += len(one.walk("VEVENT"))
        problems += _refused(one, lines)
        for event in _instances(one, start, end, lines, problems):
            found["instances"] += 1
            if found["instances"] > MOST_INSTANCES:
                raise BadCalendar(_TOO_MANY)
            if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
                found["free"] += 1
                continue
            uid = str(event.get("UID", ""))
            line = lines.get(uid.strip(), 1)
            try:
                row = _row(event, is_repeated=uid in repeating)
            except ValueError as error:
                problems.append((line, str(error)))
                continue
            known = rows.get(row["reference"])
            if known is None or known["source_at"] <= row["source_at"]:
                rows[row["reference"]] = {**row, "line": str(line)}
    return {**found, "rows": list(rows.values()), "problems": problems}


def _parsed(data: bytes) -> list[Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "BEGIN:VCALENDAR" not in text.upper():
        raise BadCalendar("This is not a calendar: it does not begin with BEGIN:VCALENDAR.")
    try:
        found: list[Any] = icalendar.Calendar.from_ical(text, multiple=True)
    except Exception as error:  # the parser's own, of many kinds
        raise BadCalendar(f"The calendar cannot be read: {_first_line(error)}") from error
    return [one for one in found if one.name == "VCALENDAR"]


def _lines(data: bytes) -> dict[str, int]:
    """The line on which each UID stands first."""
    found: dict[str, int] = {}
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), start=1):
        name, _, value = line.partition(":")
        if name.upper() == "UID":
            found.setdefault(value.strip(), number)
    return found


def _refused(one: Any, lines: dict[str, int]) -> list[tuple[int, str]]:
    """Takes the entries out whose rule is finer than an hour: nobody books like that, and expanding them is work."""
    refused = [event for event in one.walk("VEVENT") if _TOO_FREQUENT & _frequencies(event)]
    one.subcomponents = [part for part in one.subcomponents if part not in refused]
    return [
        (lines.get(str(event.get("UID", "")).strip(), 1), "It repeats more than once an hour.")
        for event in refused
    ]


def _frequencies(event: Any) -> set[str]:
    rules = event.get("RRULE", [])
    return {
        str(name).upper()
        for rule in (rules if isinstance(rules, list) else [rules])
        if isinstance(rule, icalendar.vRecur)
        for name in rule.get("FREQ", [])
    }


def _instances(
    one: Any, start: date, end: date, lines: dict[str, int], problems: list[tuple[int, str]]
) -> Iterator[Any]:
    """All together; where one entry spoils that, each by itself, so that the others are read."""
    try:
        whole = _between(one, start, end)
    except Exception:
        whole = None
    if whole is not None:
        yield from whole
        return
    by_uid: dict[str, list[Any]] = defaultdict(list)
    for event in one.walk("VEVENT"):
        by_uid[str(event.get("UID", ""))].append(event)
    for uid, events in by_uid.items():
        part = icalendar.Calendar()
        for component in (*one.walk("VTIMEZONE"), *events):
            part.add_component(component)
        try:
            found = _between(part, start, end)
        except Exception as error:
            problems.append((lines.get(uid, 1), f"It cannot be read: {_first_line(error)}"))
            continue
        yield from found


def _between(one: Any, start: date, end: date) -> list[Any]:
    found: Iterable[Any] = recurring_ical_events.of(one, components=["VEVENT"]).between(start, end)
    return list(found)


def _row(event: Any, *, is_repeated: bool) -> dict[str, str]:
    """What the entry says of a booking. Raises `ValueError`."""
    start, end = event.start, event.end
    if start is None:
        raise ValueError("It has no start.")
    uid = str(event.get("UID", "")).strip() or _made_up(event)
    if not isinstance(start, datetime) and end == start:
        end = start + timedelta(days=1)
    name, mail = _contact(event)
    return {
        "reference": _reference(uid, event if is_repeated else {}),
        "starts_at": _text(start),
        "ends_at": _text(end),
        "status": _STATUS.get(str(event.get("STATUS", "")).upper(), "confirmed"),
        "contact_name": (name or str(event.get("SUMMARY", "")))[:200],
        "contact_email": mail,
        "source_at": _told_at(event),
    }


def _made_up(event: Any) -> str:
    """For entries that break the rule and have no UID: the same as long as time and title stay the same."""
    said = f"{event.start.isoformat()} {event.get('SUMMARY', '')}"
    return f"no-uid-{sha256(said.encode()).hexdigest()[:32]}"


def _reference(uid: str, event: Any) -> str:
    """The UID, and which of its instances; a long one is told by its beginning and a checksum."""
    place = event.get("RECURRENCE-ID")
    full = f"{uid} {_key(place.dt)}" if place is not None else uid
    if len(full) <= _LONGEST_REFERENCE:
        return full
    return f"{full[:60]}…{sha256(full.encode()).hexdigest()[:32]}"


def _key(moment: date) -> str:
    if isinstance(moment, datetime):
        if moment.tzinfo is not None:
            return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{moment:%Y%m%dT%H%M%S}"
    return f"{moment:%Y%m%d}"


def _text(moment: date) -> str:
    """A day, a wall time where the calendar names no zone, else a moment in UTC."""
    if not isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d}".rjust(10, "0")
    if moment.tzinfo is None:
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _told_at(event: Any) -> str:
    """When it last changed; of two versions of the same second the higher SEQUENCE is newer."""
    stamp = event.get("LAST-MODIFIED") or event.get("DTSTAMP")
    moment = getattr(stamp, "dt", None)
    if not isinstance(moment, datetime):
        return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    sequence = event.get("SEQUENCE", 0)
    micros = min(int(sequence), 999_999) if isinstance(sequence, int) and sequence > 0 else 0
    return f"{moment.replace(microsecond=micros):%Y-%m-%d %H:%M:%S.%fZ}"


def _contact(event: Any) -> tuple[str, str]:
    """Name and address of the first person invited."""
    people = event.get("ATTENDEE", [])
    first = people[0] if isinstance(people, list) and people else people
    if not first:
        return "", ""
    mail = str(first).lower().removeprefix("mailto:")
    parts = mail.split("@")
    is_plain = len(parts) == 2 and all(parts) and "." in parts[1] and not set(mail) & set(" <>,;/")
    return str(getattr(first, "params", {}).get("CN", "")), mail if is_plain else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def main(arguments: list[str]) -> int:
    """Read standard input; refused calendars are an answer too."""
    start, end = (date.fromisoformat(text) for text in arguments[:2])
    seconds = int(arguments[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        answer = read(sys.stdin.buffer.read(), start, end)
    except BadCalendar as error:
        answer = {"refused": str(error)}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
