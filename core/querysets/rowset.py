"""Writing thousands of rows at once without a Python object per value.

Django's bulk methods adapt each value in Python, which costs more than the database's own work. Here the rows travel
as JSON documents, encoded in C, that the database unfolds itself. JSON fields are not supported.

Rows are those of the organisation in scope: inserts go into it, updates of other rows are refused. Where foreign keys
point is not looked at: their values come from scoped queries.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Field, Model, UUIDField

from core.fields import SealedCharField
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
    alike = {**(shared or {}), _OWNER: _organization_in_scope(model)}
    written = 0
    with connection.cursor() as cursor:
        for batch in _batches(model, names, rows, alike):
            cursor.execute(_insert(model, batch), [*batch.constants, batch.document])
            written += batch.size
    return written


def insert_new_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    shared: Mapping[str, Any] | None = None,
) -> set[UUID]:
    """The same, leaving out rows that a unique constraint knows already; returns the ids of those that are new."""
    alike = {**(shared or {}), _OWNER: _organization_in_scope(model)}
    new_ones = f" ON CONFLICT DO NOTHING RETURNING {_quoted(model._meta.pk.column)}"
    new: set[UUID] = set()
    with connection.cursor() as cursor:
        for batch in _batches(model, names, rows, alike):
            cursor.execute(_insert(model, batch) + new_ones, [*batch.constants, batch.document])
            new.update(key if isinstance(key, UUID) else UUID(key) for (key,) in cursor.fetchall())
    return new


def update_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Set the fields `names` of rows, whose values come in this order with the primary key in front.

    Raises CrossTenantWrite when one is not a row of the organisation in scope; its transaction is to be rolled back.
    """
    (owner,) = _fields(model, [_OWNER])
    organization = organization_parameter(model)
    written = 0
    with connection.cursor() as cursor:
        for batch in _batches(model, ["pk", *names], rows, {}):
            statement = f"{_update(model, batch)} AND {_column(model, owner)} = %s"
            cursor.execute(statement, [*batch.constants, batch.document, organization])
            if cursor.rowcount != batch.size:
                raise CrossTenantWrite(f"Not all {model.__name__} rows are of this organization.")
            written += batch.size
    return written


def as_table(
    model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[str, str]:
    """Values of the fields `names` as a table `r` to join, for hand-written SQL, and its parameter."""
    fields = _fields(model, names)
    return _unfolded(fields), _document(fields, [tuple(row) for row in rows])


class _Batch(NamedTuple):
    """Thousands of rows: `fields` with the document of their values, `alike` with what all rows have in common."""

    size: int
    fields: list["Field[Any, Any]"]
    document: str
    alike: list["Field[Any, Any]"]
    constants: list[Any]


def _insert(model: type[Model], batch: _Batch) -> str:
    columns = ", ".join(_quoted(field.column) for field in [*batch.fields, *batch.alike])
    values = [*(f"r.{_quoted(field.column)}" for field in batch.fields), *["%s"] * len(batch.alike)]
    return (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns})"  # noqa: S608 - names of our own models
        f" SELECT {', '.join(values)} FROM {_unfolded(batch.fields)} WHERE true"
    )


def _update(model: type[Model], batch: _Batch) -> str:
    key, *fields = batch.fields
    changes = [f"{_quoted(field.column)} = %s" for field in batch.alike]
    changes += [f"{_quoted(field.column)} = r.{_quoted(field.column)}" for field in fields]
    return (
        f"UPDATE {_quoted(model._meta.db_table)} SET {', '.join(changes)}"  # noqa: S608 - names of our own models
        f" FROM {_unfolded(batch.fields)} WHERE {_column(model, key)} = r.{_quoted(key.column)}"
    )


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


def _batches(
    model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]], shared: dict[str, Any]
) -> Iterator[_Batch]:
    """The rows by the thousands. What a column has alike in all of them travels once, as `shared` does."""
    fields, iterator = _fields(model, names), iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        columns = dict(zip(fields, zip(*batch, strict=True), strict=True))
        alike = dict(zip(_fields(model, list(shared)), shared.values(), strict=True))
        for field, values in list(columns.items())[1:]:  # the key comes first
            if values[0] == values[-1] and values.count(values[0]) == len(values):
                alike[field] = columns.pop(field)[0]
        for field in columns:
            if isinstance(field, SealedCharField):
                columns[field] = tuple(field.sealed(value) for value in columns[field])
        constants = [field.get_db_prep_save(value, connection) for field, value in alike.items()]
        document = _document(list(columns), list(zip(*columns.values(), strict=True)))
        yield _Batch(len(batch), list(columns), document, list(alike), constants)


def _document(fields: Sequence["Field[Any, Any]"], rows: list[tuple[Any, ...]]) -> str:
    if connection.vendor == "postgresql":
        names = [field.column for field in fields]
        named = [dict(zip(names, row, strict=True)) for row in rows]
        return orjson.dumps(named, default=str).decode()
    return orjson.dumps(rows, default=_adapted, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


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


def _column(model: type[Model], field: "Field[Any, Any]") -> str:
    return f"{_quoted(model._meta.db_table)}.{_quoted(field.column)}"


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
