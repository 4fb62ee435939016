"""Pages by position instead of number: equally fast at any depth, without gaps or repeats under ties."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.core import signing
from django.db.models import BooleanField, F, Func, QuerySet, Value

PLACE = "_place"
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


def fetch(rows: "QuerySet[Any, Any]", order: Order, position: Position | None, limit: int) -> Any:
    """Up to `limit` rows beyond `position`, nearest first."""
    backwards = position is not None and position.backwards
    descending = order.descending is not backwards
    sign = "-" if descending else ""
    parts = [False, True] if order.nullable else [False]
    if backwards:
        parts.reverse()
    if position is not None and order.nullable:
        parts = parts[parts.index(position.value is None) :]
    found: list[Any] = []
    for number, without_value in enumerate(parts):
        part = rows.filter(**{f"{order.path}__isnull": without_value}) if order.nullable else rows
        names = ["id"] if without_value or order.path == "id" else [order.path, "id"]
        part = part.order_by(*(sign + name for name in names))
        if position is not None and number == 0:
            part = _beyond(part, names, position, descending)
        found += part[: limit - len(found)]
        if len(found) >= limit:
            break
    return found


def _beyond(
    rows: "QuerySet[Any, Any]", names: list[str], position: Position, descending: bool
) -> "QuerySet[Any, Any]":
    if len(names) == 1:
        return rows.filter(**{"id__lt" if descending else "id__gt": position.id})
    here = Beyond(
        F(names[0]), F("id"), Value(position.value), Value(position.id), descending=descending
    )
    return rows.filter(here)


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
