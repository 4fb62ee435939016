"""Writing thousands of rows at once without a Python object per value.

Django's bulk methods adapt each value in Python, which costs more than the database's own work. Here the rows travel
as JSON documents, encoded in C, that the database unfolds itself. JSON fields are not supported.

Rows are those of the organisation in scope: inserts go into it, updates of other rows are refused. Where foreign keys
point is not looked at: their values come from scoped queries.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Field, Model, UUIDField

from core.tenancy import CrossTenantWrite, TenantScopeMissing, current_organization_id

_BATCH = 5000
_OWNER = "organization"


def insert_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    shared: Mapping[str, Any] | None = None,
) -> int:
    """Insert rows given as values of the fields `names`, in their order; returns how many.

    `shared` are fields that all rows have alike. Raises IntegrityError for a row that a unique constraint knows, and
    TenantScopeMissing where no single organisation is in scope.
    """
    statement, constants, fields = _insert(model, names, shared or {})
    written = 0
    with connection.cursor() as cursor:
        for count, document in _documents(fields, rows):
            cursor.execute(statement, [*constants, document])
            written += count
    return written


def insert_new_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    shared: Mapping[str, Any] | None = None,
) -> set[UUID]:
    """The same, leaving out rows that a unique constraint knows already; returns the ids of those that are new."""
    statement, constants, fields = _insert(model, names, shared or {})
    statement += f" ON CONFLICT DO NOTHING RETURNING {_quoted(model._meta.pk.column)}"
    new: set[UUID] = set()
    with connection.cursor() as cursor:
        for _, document in _documents(fields, rows):
            cursor.execute(statement, [*constants, document])
            new.update(key if isinstance(key, UUID) else UUID(key) for (key,) in cursor.fetchall())
    return new


def update_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Set the fields `names` of rows, whose values come in this order with the primary key in front.

    Raises CrossTenantWrite when one is not a row of the organisation in scope; its transaction is to be rolled back.
    """
    fields = _fields(model, ["pk", *names])
    (owner,) = _fields(model, [_OWNER])
    organization = organization_parameter(model)
    table, key = _quoted(model._meta.db_table), _quoted(fields[0].column)
    changes = ", ".join(f"{_quoted(f.column)} = r.{_quoted(f.column)}" for f in fields[1:])
    statement = (
        f"UPDATE {table} SET {changes} FROM {_unfolded(fields)}"  # noqa: S608 - names of our own models
        f" WHERE {table}.{key} = r.{key} AND {table}.{_quoted(owner.column)} = %s"
    )
    written = 0
    with connection.cursor() as cursor:
        for count, document in _documents(fields, rows):
            cursor.execute(statement, [document, organization])
            if cursor.rowcount != count:
                raise CrossTenantWrite(f"Not all {model.__name__} rows are of this organization.")
            written += count
    return written


def as_table(
    model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[str, str]:
    """Values of the fields `names` as a table `r` to join, for hand-written SQL, and its parameter."""
    fields = _fields(model, names)
    batch = list(rows)
    document = next(_documents(fields, batch, size=max(len(batch), 1)), (0, "[]"))[1]
    return _unfolded(fields), document


def _insert(
    model: type[Model], names: Sequence[str], shared: Mapping[str, Any]
) -> tuple[str, list[Any], list["Field[Any, Any]"]]:
    """The statement, its parameters before the document, and the fields of the document."""
    alike = {**shared, _OWNER: _organization_in_scope(model)}
    fields, same = _fields(model, names), _fields(model, list(alike))
    constants = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(same, alike.values(), strict=True)
    ]
    columns = ", ".join(_quoted(field.column) for field in [*fields, *same])
    values = ", ".join([*(f"r.{_quoted(field.column)}" for field in fields), *["%s"] * len(same)])
    statement = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns})"  # noqa: S608 - names of our own models
        f" SELECT {values} FROM {_unfolded(fields)} WHERE true"
    )
    return statement, constants, fields


def organization_parameter(model: type[Model]) -> Any:
    """The organisation in scope as hand-written SQL takes it. Raises TenantScopeMissing without one."""
    (owner,) = _fields(model, [_OWNER])
    return owner.get_db_prep_save(_organization_in_scope(model), connection)


def _organization_in_scope(model: type[Model]) -> UUID:
    organization_id = current_organization_id()
    if organization_id is None:
        raise TenantScopeMissing(
            f"{model.__name__} rows were written outside an organization's scope."
        )
    return organization_id


def _unfolded(fields: Sequence["Field[Any, Any]"]) -> str:
    """The document, a parameter, as a table `r` with the columns of `fields`."""
    if connection.vendor == "postgresql":
        columns = [f"{_quoted(f.column)} {f.rel_db_type(connection)}" for f in fields]
        return f"jsonb_to_recordset(%s::jsonb) AS r({', '.join(columns)})"
    columns = [f"{_cell(field, at)} AS {_quoted(field.column)}" for at, field in enumerate(fields)]
    return f"(SELECT {', '.join(columns)} FROM json_each(%s)) AS r"  # noqa: S608


def _cell(field: "Field[Any, Any]", at: int) -> str:
    """A value of SQLite's row, which keeps ids as 32 digits."""
    is_id = isinstance(getattr(field, "target_field", field), UUIDField)
    return f"replace(value ->> {at}, '-', '')" if is_id else f"value ->> {at}"


def _documents(
    fields: Sequence["Field[Any, Any]"], rows: Iterable[Sequence[Any]], *, size: int = _BATCH
) -> Iterator[tuple[int, str]]:
    """The rows by the thousands, with their number."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        if connection.vendor == "postgresql":
            names = [field.column for field in fields]
            named = [dict(zip(names, row, strict=True)) for row in batch]
            data = orjson.dumps(named, default=str)
        else:
            data = orjson.dumps(batch, default=_adapted, option=orjson.OPT_PASSTHROUGH_DATETIME)
        yield len(batch), data.decode()


def _adapted(value: Any) -> Any:
    """What JSON does not know, as SQLite keeps it; above all moments."""
    return (
        connection.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else str(value)
    )


def _fields(model: type[Model], names: Sequence[str]) -> list["Field[Any, Any]"]:
    options = model._meta
    by_name = {field.attname: field for field in options.concrete_fields} | {"pk": options.pk}
    by_name |= {field.name: field for field in options.concrete_fields}
    return [by_name[name] for name in names]


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
