"""A calendar (.ics) as a file to import: its entries become rows about bookings of one resource."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from core.errors import Invalid
from integrations.rules import calendars
from integrations.services.imports.source import Inspection, Options, Row

MOST_BYTES = 10_000_000
#: What is read of entries that repeat without an end, unless somebody says otherwise.
PAST = timedelta(days=366)
FUTURE = timedelta(days=731)
HEADER = [
    *("reference", "starts_at", "ends_at", "status", "contact_name", "contact_email"),
    *("source_at", "resource"),
]
_PATIENCE = 60
_SPINS = (
    f"Reading it takes more than {calendars.SECONDS} seconds. One of its entries repeats far too often, or by a rule"
    " that never comes true."
)


def inspect(data: bytes) -> Inspection:
    """What the calendar holds. Raises `Invalid` where it cannot be read."""
    found = expand(data, date(1970, 1, 1), date(1970, 1, 1))
    if not found["events"]:
        raise Invalid("The calendar has no entries.", field="file")
    mapping = {name: name for name in HEADER}
    return Inspection("utf-8", ",", HEADER, found["events"], [], mapping, [], [], [])


def period(options: Options, now: datetime) -> tuple[date, date]:
    """From when to when entries are read."""
    since, until = (
        (date.fromisoformat(text) if text else None) for text in (options.since, options.until)
    )
    return since or (now - PAST).date(), until or (now + FUTURE).date()


def read_rows(data: bytes, options: Options, now: datetime) -> Iterator[Row]:
    """The instances in the period, as rows to import; the line is that of their entry."""
    return rows_of(expand(data, *period(options, now)), options.resource)


def rows_of(found: Mapping[str, Any], resource: str) -> Iterator[Row]:
    """What `expand` found, as rows about bookings of `resource`."""
    for line, problem in found["problems"]:
        yield Row(line, {}, [], problem)
    for texts in found["rows"]:
        line = int(texts.pop("line"))
        texts["resource"] = resource
        yield Row(line, texts, [texts[name] for name in HEADER])


def expand(data: bytes, start: date, end: date) -> dict[str, Any]:
    """The instances in the period, read by a process of its own (see `rules.calendars`). Raises `Invalid`."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"The calendar is larger than {MOST_BYTES // 1_000_000} MB.", field="file")
    limits = [start.isoformat(), end.isoformat(), str(calendars.SECONDS)]
    command = [sys.executable, "-m", calendars.__name__, *limits]
    names = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, told two dates and a number
            command,
            input=data,
            capture_output=True,
            timeout=_PATIENCE,
            cwd=settings.BASE_DIR,
            env=names,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid(_SPINS, field="file") from error
    if done.returncode < 0:
        raise Invalid(_SPINS, field="file")
    if done.returncode:
        raise Invalid("The calendar is too large or too deeply nested to be read.", field="file")
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        raise Invalid(found["refused"], field="file")
    return found
