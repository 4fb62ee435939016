"""Writing iCalendar (RFC 5545), for feeds that calendars subscribe to and for the attachments of mails."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MEDIA_TYPE = "text/calendar; charset=utf-8"
_PRODUCT = "-//Mainstay//Maintenance calendar//EN"
#: How often a subscribed calendar is asked to look for changes.
_REFRESH = "PT30M"
_UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT"})
_LONGEST_LINE = 75
#: Control characters have no place in a text value, escaped or not.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a calendar, as its readers may know it.

    The same `uid` with a higher `sequence` replaces what was sent before. `starts_at` and `ends_at` are aware; they
    are written on the clock of `zone`, `[starts_at, ends_at)`; without `ends_at` it is a moment that takes no time.
    `status` is CONFIRMED, TENTATIVE or CANCELLED, `stamp` (aware) is when the entry last changed. `is_busy` says
    whether it takes its place. `organizer` and `attendees` are mail addresses; a calendar with a method needs an
    organizer, a REQUEST attendees as well (RFC 5546). They are told facts: nobody is asked to answer.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    summary: str
    stamp: datetime
    description: str = ""
    location: str = ""
    status: str = "CONFIRMED"
    url: str = ""
    is_busy: bool = True
    organizer: str = ""
    organizer_name: str = ""
    attendees: tuple[str, ...] = ()


def calendar(events: Iterable[Event], *, method: str | None = None, name: str = "") -> bytes:
    """The events as one iCalendar object, with the definition of every time zone that they use.

    `method` is PUBLISH, REQUEST or CANCEL in a mail, and none in a feed. The same events always give the same bytes.
    """
    rows = list(events)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{_PRODUCT}", "CALSCALE:GREGORIAN"]
    if method:
        lines.append(f"METHOD:{method}")
    if name:
        lines += [f"X-WR-CALNAME:{_text(name)}", f"X-PUBLISHED-TTL:{_REFRESH}"]
    for zone, years in sorted(_years(rows).items()):
        lines += _time_zone(zone, min(years), max(years))
    for event in rows:
        lines += _event(event)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(event: Event) -> Iterator[str]:
    stamp = _utc(event.stamp)
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{stamp}"
    yield f"LAST-MODIFIED:{stamp}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART{_moment(event.starts_at, event.zone)}"
    if event.ends_at is not None:
        yield f"DTEND{_moment(event.ends_at, event.zone)}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    if event.location:
        yield f"LOCATION:{_text(event.location)}"
    yield f"STATUS:{event.status}"
    yield f"TRANSP:{'OPAQUE' if event.is_busy else 'TRANSPARENT'}"
    if event.url:
        yield f"URL:{_CONTROL.sub('', event.url)}"
    if event.organizer:
        named = f";CN={_quoted(event.organizer_name)}" if event.organizer_name else ""
        yield f"ORGANIZER{named}:mailto:{_CONTROL.sub('', event.organizer)}"
    for address in event.attendees:
        # nobody reads replies, so none is asked for
        yield f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{_CONTROL.sub('', address)}"
    yield "END:VEVENT"


def _moment(moment: datetime, zone: str) -> str:
    """On the zone's clock. The second of a repeated wall time cannot be said there, so it is written in UTC."""
    local = moment.astimezone(ZoneInfo(zone))
    if zone in _UTC_NAMES or local.fold:
        return f":{_utc(moment)}"
    return f";TZID={zone}:{local:%Y%m%dT%H%M%S}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _years(events: Iterable[Event]) -> dict[str, set[int]]:
    """Zone to the years for which its changes of the clock must be told."""
    found: dict[str, set[int]] = {}
    for event in events:
        if event.zone not in _UTC_NAMES:
            years = {event.starts_at.year, (event.ends_at or event.starts_at).year}
            found.setdefault(event.zone, set()).update(years)
    return found


@lru_cache(maxsize=256)
def _time_zone(zone: str, first: int, last: int) -> tuple[str, ...]:
    """The clock of the zone over these years with a year on either side: each change by its date, none by a rule.

    A change is said in the wall time before it; the first observance stands for all that was before.
    """
    clock = ZoneInfo(zone)
    start = datetime(first - 1, 1, 1, tzinfo=UTC)
    dates: dict[tuple[timedelta, timedelta, str, bool], list[str]] = {}
    before = start.astimezone(clock).utcoffset() or timedelta()
    for change in [start, *_changes(clock, start, datetime(last + 2, 1, 1, tzinfo=UTC))]:
        local = change.astimezone(clock)
        after = local.utcoffset() or timedelta()
        kind = (before, after, local.tzname() or zone, bool(local.dst()))
        dates.setdefault(kind, []).append(f"{change.replace(tzinfo=None) + before:%Y%m%dT%H%M%S}")
        before = after
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    for (former, offset, label, is_summer), moments in dates.items():
        component = "DAYLIGHT" if is_summer else "STANDARD"
        lines += [f"BEGIN:{component}", f"DTSTART:{moments[0]}"]
        lines += [f"RDATE:{','.join(moments[1:])}"] if moments[1:] else []
        lines += [f"TZOFFSETFROM:{_offset(former)}", f"TZOFFSETTO:{_offset(offset)}"]
        lines += [f"TZNAME:{_text(label)}", f"END:{component}"]
    return (*lines, "END:VTIMEZONE")


def _changes(clock: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants (UTC) in `(start, end)` at which the zone's offset changes; no two of them share a day."""
    day, low = timedelta(days=1), start
    while low < end:
        high = low + day
        if low.astimezone(clock).utcoffset() != high.astimezone(clock).utcoffset():
            yield _change(clock, low, high)
        low = high


def _change(clock: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The instant in `(low, high]`, to the second."""
    offset = low.astimezone(clock).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(clock).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    rest = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}{rest}"


def _text(text: str) -> str:
    plain = _CONTROL.sub("", text.replace("\r\n", "\n"))
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _quoted(text: str) -> str:
    """The value of a parameter, in which quotation marks and line breaks cannot be said."""
    plain = _CONTROL.sub("", text.replace("\n", " ").replace('"', "'"))
    return f'"{plain}"'


def _folded(line: str) -> bytes:
    """Lines of at most 75 bytes, none of which cuts a letter."""
    data = line.encode()
    if len(data) <= _LONGEST_LINE:
        return data + b"\r\n"
    parts, room = [], _LONGEST_LINE
    while data:
        cut = min(room, len(data))
        while cut < len(data) and data[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(data[:cut])
        data, room = data[cut:], _LONGEST_LINE - 1
    return b"\r\n ".join(parts) + b"\r\n"
