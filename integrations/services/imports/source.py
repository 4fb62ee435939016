"""The file of an import: checked, inspected, and read row by row."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePath

from core.errors import Invalid
from integrations.rules import columns, dates, encodings, tables
from integrations.rules.columns import Field
from integrations.rules.dates import OrderFinder
from integrations.rules.fields import ENTITIES

MOST_BYTES = 100_000_000
MOST_ROWS = 500_000
_SAMPLE = 200
_SHOWN = 5
_FOREIGN = {
    b"PK\x03\x04": "This is a spreadsheet or archive. In the spreadsheet program choose “Save as” and the type CSV.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel file. In Excel choose “Save as” and the type CSV.",
    b"%PDF": "This is a PDF. Ask for the data as CSV.",
    b"\x1f\x8b": "This file is compressed. Unpack it first.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read. `mapping` is column to field; `orders` is how dates are written, by column.

    `source` names the booking system whose bookings the file holds, where no column does. A calendar is that of
    `resource`, and read from `since` to `until` (dates).
    """

    encoding: str = ""
    delimiter: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    create_types: bool = False
    source: str = ""
    resource: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class DateColumn:
    """What was found out about the dates of one column."""

    column: str
    order: str
    is_ambiguous: bool
    unreadable: int
    examples: list[str]

    @property
    def words(self) -> str:
        """The order as people read it."""
        return dates.ORDERS[self.order]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the file looks like, and how it would be read."""

    encoding: str
    delimiter: str
    header: list[str]
    rows: int
    first: list[tables.Record]
    mapping: dict[str, str]
    dates: list[DateColumn]
    missing: list[Field]
    notices: list[str]

    def options(self, wished: Options) -> Options:
        """The options that the inspection arrived at, with what else was wished."""
        orders = {column.column: column.order for column in self.dates}
        return replace(
            wished,
            encoding=self.encoding,
            delimiter=self.delimiter,
            mapping=self.mapping,
            orders=orders,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A data row: the line on which it begins, texts by field, and the values as they stand in the file.

    `problem` says why it could not even be read.
    """

    line: int
    texts: dict[str, str]
    original: list[str]
    problem: str = ""


def check_file(data: bytes, name: str) -> None:
    """Refuse what cannot be a table of text, with what to do instead. Raises `Invalid`."""
    if not data.strip():
        raise Invalid("The file is empty.", field="file")
    if len(data) > MOST_BYTES:
        raise Invalid(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and import the parts.",
            field="file",
        )
    for mark, message in _FOREIGN.items():
        if data.startswith(mark):
            raise Invalid(message, field="file")
    if b"\x00" in data[:4096] and encodings.guess(data[:4096]).encoding != "utf-16":
        raise Invalid(f"{PurePath(name).name} is not a text file. CSV is needed.", field="file")


def inspect(data: bytes, entity: str, wished: Options, *, name: str = "file") -> Inspection:
    """Find out encoding, separator, columns and date formats; what `wished` says is taken as it is.

    Raises `Invalid` when the file cannot be read at all.
    """
    check_file(data, name)
    guess = encodings.guess(data)
    encoding = wished.encoding or guess.encoding
    text = _decoded(data, encoding)
    delimiter = wished.delimiter or tables.find_delimiter(text[:200_000])
    records = _records(text, delimiter)
    header = _header(records)
    sample = list(islice(records, _SAMPLE))
    fields = ENTITIES[entity]
    by_column = {
        column: [record.values[number] for record in sample if number < len(record.values)]
        for number, column in enumerate(header)
    }
    mapping = _checked_mapping(wished.mapping, header, entity) or columns.propose(
        header, by_column, fields
    )
    rows, finders = _scan(text, delimiter, header, mapping, fields)
    found = [_date_column(column, finder, wished.orders) for column, finder in finders.items()]
    notices = [guess.notice] if guess.notice and encoding == guess.encoding else []
    return Inspection(
        encoding, delimiter, header, rows, sample[:_SHOWN], mapping, found,
        missing_fields(entity, mapping), notices,
    )  # fmt: skip


def missing_fields(entity: str, mapping: Mapping[str, str]) -> list[Field]:
    """Required fields that no column gives; a resource's code may stand for its name, a person's address for theirs,
    the minutes that a booking lasts for its end, the time when an order was done for that of its report.
    """
    absent = columns.missing(ENTITIES[entity], mapping)
    if entity == "resources" and "code" in mapping.values():
        absent = [field_ for field_ in absent if field_.name != "name"]
    if entity == "work_orders" and "completed_at" in mapping.values():
        absent = [field_ for field_ in absent if field_.name != "reported_at"]
    if entity == "bookings" and "duration_minutes" in mapping.values():
        absent = [field_ for field_ in absent if field_.name != "ends_at"]
    return absent


def read_rows(data: bytes, options: Options) -> Iterator[Row]:
    """The data rows in their order. Raises `Invalid` where the file breaks off."""
    records = _records(_decoded(data, options.encoding), options.delimiter)
    header = _header(records)
    places = [
        (header.index(column), name) for column, name in options.mapping.items() if column in header
    ]
    for record in records:
        values = record.values
        texts = {name: values[at].strip() for at, name in places if at < len(values)}
        yield Row(record.line, texts, values, _surplus(values, header))


def _surplus(values: list[str], header: list[str]) -> str:
    """What is wrong with a row that says more than the heading has columns for: its cells stand in wrong ones."""
    if not any(value.strip() for value in values[len(header) :]):
        return ""
    return (
        f"The row has {len(values)} cells, the heading {len(header)}. Put a text that contains the separator into"
        " quotation marks."
    )


def header_of(data: bytes, options: Options) -> list[str]:
    """The names of the columns."""
    return _header(_records(_decoded(data, options.encoding), options.delimiter))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    except (
        LookupError,
        ValueError,
    ) as error:  # some codecs refuse to replace what they cannot read
        raise Invalid(f"“{encoding}” is not an encoding.", field="encoding") from error


def _records(text: str, delimiter: str) -> Iterator[tables.Record]:
    try:
        yield from tables.read_records(io.StringIO(text, newline=""), delimiter)
    except tables.BadTable as error:
        raise Invalid(str(error), field="file") from error


def _header(records: Iterator[tables.Record]) -> list[str]:
    first = next(records, None)
    if first is None:
        raise Invalid("The file is empty.", field="file")
    try:
        return tables.check_header(first.values)
    except tables.BadTable as error:
        raise Invalid(str(error), field="file") from error


def _checked_mapping(mapping: Mapping[str, str], header: list[str], entity: str) -> dict[str, str]:
    """The wished mapping, without columns that are not to be read. Raises `Invalid`."""
    known = {field_.name for field_ in ENTITIES[entity]}
    chosen = {column: name for column, name in mapping.items() if name}
    for column, name in chosen.items():
        if column not in header:
            raise Invalid(
                f"There is no column “{column}”. Columns: {', '.join(header)}.", field="mapping"
            )
        is_attribute = entity == "resources" and name.startswith(columns.ATTRIBUTE)
        if name not in known and not is_attribute:
            raise Invalid(
                f"“{name}” is not a field. Fields: {', '.join(sorted(known))}.", field="mapping"
            )
    twice = sorted({name for name in chosen.values() if list(chosen.values()).count(name) > 1})
    if twice:
        raise Invalid(
            f"Two columns are meant for the same field: {', '.join(twice)}.", field="mapping"
        )
    return chosen


def _scan(
    text: str,
    delimiter: str,
    header: list[str],
    mapping: Mapping[str, str],
    fields: tuple[Field, ...],
) -> tuple[int, dict[str, OrderFinder]]:
    """How many rows there are, and what the date columns hold."""
    moments = {field_.name for field_ in fields if field_.kind in {"date", "moment"}}
    finders = {column: OrderFinder() for column, name in mapping.items() if name in moments}
    places = [(header.index(column), finder) for column, finder in finders.items()]
    rows = -1
    for record in _records(text, delimiter):
        rows += 1
        if rows == 0:
            continue
        for at, finder in places:
            if at < len(record.values):
                finder.see(record.values[at])
    if rows > MOST_ROWS:
        raise Invalid(
            f"The file has {rows} rows; at most {MOST_ROWS} can be read at once.", field="file"
        )
    if rows == 0:
        raise Invalid("The file has a heading but no rows.", field="file")
    return rows, finders


def _date_column(column: str, finder: OrderFinder, wished: Mapping[str, str]) -> DateColumn:
    order = wished.get(column) or wished.get("*") or finder.order
    return DateColumn(
        column,
        order,
        finder.is_ambiguous,
        finder.failed[order],
        finder.examples,
    )
