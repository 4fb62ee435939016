"""Any file to import, whatever its kind: tables, and calendars of bookings."""

from collections.abc import Iterator
from datetime import datetime

from core.errors import Invalid
from integrations.services.imports import calendar_file, source
from integrations.services.imports.source import Inspection, Options, Row

CALENDAR = "calendar"


def inspect(data: bytes, entity: str, wished: Options, *, name: str = "file") -> Inspection:
    """What the file looks like, and how it would be read. Raises `Invalid` when it cannot be read at all."""
    if entity == CALENDAR:
        return calendar_file.inspect(data)
    return source.inspect(data, entity, wished, name=name)


def read_rows(data: bytes, entity: str, options: Options, *, now: datetime) -> Iterator[Row]:
    """The data rows in their order."""
    if entity == CALENDAR:
        return calendar_file.read_rows(data, options, now)
    return source.read_rows(data, options)


def header_of(data: bytes, entity: str, options: Options) -> list[str]:
    """The names of the columns."""
    return calendar_file.HEADER if entity == CALENDAR else source.header_of(data, options)


def check_options(entity: str, options: Options) -> None:
    """Raise `Invalid` where something that the file cannot say is missing."""
    if entity == CALENDAR and not options.resource:
        raise Invalid("Say which resource the calendar is of.", field="resource")


def fields_of(entity: str) -> str:
    """The kind of rows that the file holds."""
    return "bookings" if entity == CALENDAR else entity
