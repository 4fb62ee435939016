"""Reading separated values: the separator, and records with the line on which they begin."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MOST_COLUMNS = 200
LONGEST_FIELD = 100_000
_SAMPLE_RECORDS = 50


class BadTable(ValueError):
    """The file cannot be read as a table; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `line` is the 1-based line of the file on which it begins, also after quoted line breaks."""

    line: int
    values: list[str]


def find_delimiter(sample: str) -> str:
    """The separator that divides the first records most evenly into the most columns."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(values) for values in _first_records(sample, delimiter) if any(values)]
        if not widths:
            continue
        width, often = Counter(widths).most_common(1)[0]
        score = (often / len(widths) if width > 1 else 0.0, width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _first_records(sample: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    try:
        for _, values in zip(range(_SAMPLE_RECORDS), reader, strict=False):
            yield values
    except csv.Error:
        return


def read_records(file: TextIO | Iterable[str], delimiter: str) -> Iterator[Record]:
    """Every record that is not empty, the heading included. Raises `BadTable` at a quotation that is not closed.

    Strictly: otherwise a field that begins with a quotation mark would swallow all lines after it.
    """
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadTable(
                f"Line {line} cannot be read ({error}). Look for a cell that begins with a quotation mark and does not"
                " end with one; inside such a cell a quotation mark is written twice."
            ) from error
        if any(value.strip() for value in values):
            yield Record(line, values)
        line = reader.line_num + 1


def check_header(values: list[str]) -> list[str]:
    """The names of the columns, trimmed. Raises `BadTable`."""
    names = [value.strip().lstrip("\ufeff") for value in values]
    if len(names) > MOST_COLUMNS:
        raise BadTable(f"The file has {len(names)} columns; at most {MOST_COLUMNS} can be read.")
    seen: Counter[str] = Counter()
    result = []
    for number, name in enumerate(names, start=1):
        name = name or f"Column {number}"
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
