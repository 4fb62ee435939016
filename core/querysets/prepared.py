"""Queries that every request asks: their SQL is made once, and each time only the values are put in."""

from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import get_related_populators


class Slot(Expression):
    """The place of a value that is known when the query is asked."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Prepared:
    """One row of a model with its `select_related`, by a query that has a `Slot` for each value that differs.

    `build` is called once: its conditions alone say whose row is found, not the scope of whoever asks later.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self._build = build
        self._made: dict[str, Any] = {}

    def first(self, **values: Any) -> Any:
        """The row with `values` in the slots of these names, or None."""
        compiler, sql, parameters, converters = self._statement()
        given = [
            part.output_field.get_db_prep_value(values[part.name], connection)
            if isinstance(part, Slot)
            else part
            for part in parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            row = cursor.fetchone()
        if row is None:
            return None
        (cells,) = compiler.apply_converters([row], converters)
        return _instance(compiler, cells)

    def _statement(self) -> Any:
        if connection.vendor not in self._made:
            query = self._build().order_by()[:1].query
            compiler: Any = query.get_compiler(connection=connection)
            sql, parameters = compiler.as_sql()
            converters = compiler.get_converters([column for column, *_ in compiler.select])
            self._made[connection.vendor] = compiler, sql, parameters, converters
        return self._made[connection.vendor]


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
