"""From a row's texts to typed values."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Invalid
from integrations.rules import columns, dates
from integrations.rules.columns import Field
from integrations.rules.fields import ENTITIES
from integrations.services.imports.source import Options, Row

Value = Any


class Reader:
    """Reads the rows of one file: `values(row)` has a typed value for every field that the row fills."""

    def __init__(self, entity: str, options: Options) -> None:
        self.fields = {field.name: field for field in ENTITIES[entity]}
        self.orders = {
            name: options.orders.get(column) or options.orders.get("*", dates.ISO)
            for column, name in options.mapping.items()
        }

    def values(self, row: Row) -> dict[str, Value]:
        """Typed values; empty cells are left out. Raises `Invalid` with a sentence per cell."""
        if row.problem:
            raise Invalid(row.problem)
        found: dict[str, Value] = {}
        problems: dict[str, list[str]] = {}
        for name, text in row.texts.items():
            if not text:
                continue
            if "\x00" in text:
                problems[name] = ["It holds a character that cannot be stored."]
                continue
            field = self.fields.get(name)
            try:
                found[name] = self._typed(field, text) if field else text
            except ValueError as error:
                problems[name] = [f"{field.label if field else name}: {error}"]
        if problems:
            raise Invalid(errors=problems)
        return found

    def _typed(self, field: Field, text: str) -> Value:
        if field.kind == "choice":
            return _choice(field, text)
        if field.kind == "integer":
            number = _decimal(text)
            if number % 1:
                raise ValueError(f"“{text}” is not a whole number.")
            return int(number)
        if field.kind == "decimal":
            return _decimal(text)
        if field.kind in {"date", "moment"}:
            return dates.parse(text, self.orders.get(field.name, dates.ISO))
        return text


def _choice(field: Field, text: str) -> str:
    value = columns.choice(field, text)
    if value is None:
        known = ", ".join(sorted(set(field.choices.values())))
        raise ValueError(f"“{text}” is not known. Use one of: {known}.")
    return value


def _decimal(text: str) -> Decimal:
    """A number with a point or a comma, with or without thousands separators: the last sign of both is the point."""
    plain = re.sub(r"[\s']", "", text)
    if "," in plain and "." in plain:
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "").replace(",", ".")
    elif "," in plain:
        plain = plain.replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"“{text}” is not a number.") from None
    if not number.is_finite():
        raise ValueError(f"“{text}” is not a number.")
    return number


def moment(value: datetime | date, zone: str, *, hour: int) -> datetime:
    """The value as a moment: without offset it is local time in `zone`, without time `hour` o'clock."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(hour))
    return value if value.tzinfo is not None else value.replace(tzinfo=ZoneInfo(zone))


def problem_of(errors: Mapping[str, list[str]], labels: Mapping[str, Field]) -> str:
    """All the sentences about a row in one text, each with the field it is about."""
    sentences = []
    for name, texts in errors.items():
        label = labels[name].label if name in labels else ""
        for text in texts:
            named = not label or text.startswith(label)
            sentences.append(text if named else f"{label}: {text}")
    return " ".join(sentences)
