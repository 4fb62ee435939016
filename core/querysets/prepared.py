"""Queries that every request asks: their SQL is made once, and each time only the values are put in."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, IntegerField, JSONField, QuerySet, UUIDField
from django.db.models.expressions import Col
from django.db.models.query import get_related_populators

_KEY: "UUIDField[Any, Any]" = UUIDField()


class Slot(Expression):
    """The place of a value that is known when the query is asked."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


_LIMIT = Slot("limit", IntegerField())


class Statement:
    """The SQL of a query. `stand_ins` are ids that took the places of the values of these names while it was built."""

    def __init__(self, query: Any, *, stand_ins: Mapping[str, UUID] | None = None) -> None:
        self.compiler: Any = query.get_compiler(connection=connection)
        self.sql, parameters = self.compiler.as_sql()
        places = {
            _KEY.get_db_prep_value(key, connection): Slot(name, _KEY)
            for name, key in (stand_ins or {}).items()
        }
        self.parameters = [
            places.get(part, part) if isinstance(part, str | UUID) else part for part in parameters
        ]
        columns = [column for column, *_ in self.compiler.select]
        self._converters = {
            number: ([_json if _is_json(step, column) else step for step in steps], column)
            for number, (steps, column) in self.compiler.get_converters(columns).items()
        }

    def ask(self, values: Mapping[str, Any]) -> list[Any]:
        """The rows with `values` in the slots of these names, as the model's fields read them."""
        given = [
            part.output_field.get_db_prep_value(values[part.name], connection)
            if isinstance(part, Slot)
            else part
            for part in self.parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            rows: list[Any] = cursor.fetchall()
        if self._converters:
            rows = list(self.compiler.apply_converters(rows, self._converters))
        return rows


def _is_json(step: Any, column: Any) -> bool:
    """Whether the step is Django's reading of a whole JSON column, which is slow."""
    field = getattr(step, "__self__", None)
    return isinstance(column, Col) and type(field) is JSONField and field.decoder is None


def _json(value: str | None, *_: Any) -> Any:
    return None if value is None else orjson.loads(value)


class Prepared:
    """One row of a model with its `select_related`, by a query that has a `Slot` for each value that differs.

    `build` is called once: its conditions alone say whose row is found, not the scope of whoever asks later.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self._build = build
        self._made: dict[str, Statement] = {}

    def first(self, **values: Any) -> Any:
        """The row with `values` in the slots of these names, or None."""
        if connection.vendor not in self._made:
            self._made[connection.vendor] = Statement(self._build().order_by()[:1].query)
        statement = self._made[connection.vendor]
        rows = statement.ask(values)
        return _instance(statement.compiler, rows[0]) if rows else None


class PreparedRows:
    """The first rows of a `.values()` query, as dictionaries."""

    def __init__(self, rows: "QuerySet[Any, Any]", *, stand_ins: Mapping[str, UUID]) -> None:
        query: Any = rows.query
        self._statement = Statement(query, stand_ins=stand_ins)
        self._statement.sql += " LIMIT %s"
        self._statement.parameters.append(_LIMIT)
        self._names = list(query.selected)

    def first(self, limit: int, **values: Any) -> list[dict[str, Any]]:
        """Up to `limit` rows with `values` in the slots and stand-ins of these names."""
        found = self._statement.ask({**values, "limit": limit})
        return [dict(zip(self._names, row, strict=False)) for row in found]


def _instance(compiler: Any, cells: Any) -> Any:
    """As Django's own iteration makes it."""
    about, select = compiler.klass_info, compiler.select
    fields = about["select_fields"]
    start, end = fields[0], fields[-1] + 1
    names = [column.target.attname for column, *_ in select[start:end]]
    row = about["model"].from_db(DEFAULT_DB_ALIAS, names, cells[start:end])
    for populator in get_related_populators(about, select, DEFAULT_DB_ALIAS):  # type: ignore[call-arg]
        populator.populate(cells, row)
    return row
