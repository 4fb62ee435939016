"""Pages by position instead of number: equally fast at any depth, without gaps or repeats under ties."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.core import signing
from django.db.models import BooleanField, F, Func, QuerySet, Value

PLACE = "_place"
_NOWHERE = UUID(int=0)
_TYPES: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
}


class BadCursor(ValueError):
    """The cursor is not one that this list gave out."""


class Beyond(Func):
    """`(place, id) > (value, id)` as one comparison of rows, so that an index leads straight there."""

    output_field = BooleanField()
    arity = 4

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **context: Any) -> tuple[str, Any]:
        compiled = [compiler.compile(part) for part in self.get_source_expressions()]
        sign = "<" if self.extra.get("descending") else ">"
        left, left_id, right, right_id = (sql for sql, _ in compiled)
        parameters = [parameter for _, given in compiled for parameter in given]
        return f"({left}, {left_id}) {sign} ({right}, {right_id})", parameters


@dataclass(frozen=True, slots=True)
class Order:
    """One column, then the id in the same direction; rows without a value come last either way."""

    path: str
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Position:
    """A row that was seen: its value in the column, and its id. `backwards` asks for what precedes it."""

    value: Any
    id: UUID
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One query of a page: rows with a value in the column or without, from a position or from the start."""

    order: Order
    without_value: bool
    is_onwards: bool
    descending: bool

    def of(self, rows: "QuerySet[Any, Any]", value: Any, identity: Any) -> "QuerySet[Any, Any]":
        """The rows of the step, nearest first. `value` and `identity` are expressions of the position."""
        path, sign = self.order.path, "-" if self.descending else ""
        if self.order.nullable:
            rows = rows.filter(**{f"{path}__isnull": self.without_value})
        names = ["id"] if self.without_value or path == "id" else [path, "id"]
        rows = rows.order_by(*(sign + name for name in names))
        if not self.is_onwards:
            return rows
        if len(names) == 1:
            return rows.filter(**{"id__lt" if self.descending else "id__gt": identity})
        return rows.filter(Beyond(F(path), F("id"), value, identity, descending=self.descending))


Ask = Callable[[Step, Position | None, int], list[Any]]


def fetch(ask: Ask, order: Order, position: Position | None, limit: int) -> list[Any]:
    """Up to `limit` rows beyond `position`, nearest first."""
    backwards = position is not None and position.backwards
    parts = [False, True] if order.nullable else [False]
    if backwards:
        parts.reverse()
    if position is not None and order.nullable:
        parts = parts[parts.index(position.value is None) :]
    found: list[Any] = []
    for number, without_value in enumerate(parts):
        is_onwards = position is not None and number == 0
        step = Step(order, without_value, is_onwards, order.descending is not backwards)
        found += ask(step, position, limit - len(found))
        if len(found) >= limit:
            break
    return found


def placed(rows: "QuerySet[Any, Any]", order: Order, place: str) -> "QuerySet[Any, Any]":
    """The rows with the value that they are sorted by, unless they carry it as `place` already."""
    return rows.annotate(**{PLACE: F(order.path)}) if place == PLACE else rows


def asking(rows: "QuerySet[Any, Any]") -> Ask:
    """Asks for rows of this query."""

    def ask(step: Step, position: Position | None, limit: int) -> list[Any]:
        here = position or Position(None, _NOWHERE)
        return list(step.of(rows, Value(here.value), Value(here.id))[:limit])

    return ask


def encode(position: Position, *, salt: str) -> str:
    """A cursor as clients carry it: signed, so that what comes back has the types that went out."""
    value, kind = position.value, ""
    if type(value).__name__ in _TYPES:
        value, kind = (
            str(value) if isinstance(value, Decimal | UUID) else value.isoformat(),
            type(value).__name__,
        )
    text = orjson.dumps([kind, value, str(position.id), position.backwards])
    packed = signing.b64_encode(text).decode()
    return signing.Signer(salt=f"cursor:{salt}").sign(packed)


def decode(cursor: str, *, salt: str) -> Position:
    """The position in a cursor. Raises BadCursor for anything that `encode` did not make with `salt`."""
    try:
        packed = signing.Signer(salt=f"cursor:{salt}").unsign(cursor)
        kind, value, identity, backwards = orjson.loads(signing.b64_decode(packed.encode()))
    except (signing.BadSignature, ValueError) as error:
        raise BadCursor("This cursor does not belong to this list.") from error
    return Position(_TYPES[kind](value) if kind else value, UUID(identity), backwards)
