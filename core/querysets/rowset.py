"""Writing thousands of rows at once without a Python object per value.

Django's bulk methods adapt each value in Python, which costs more than the database's own work. PostgreSQL gets the
rows as one JSON document, encoded in C, and unfolds it itself; SQLite takes them by prepared statement. The callers
build rows from scoped querysets; tenancy is theirs to keep.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field, Model

_BATCH = 5000


def insert_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> int:
    """Insert rows given as values of the fields `names`, in their order; returns how many were inserted."""
    fields = _fields(model, names)
    columns = ", ".join(_quoted(field.column) for field in fields)
    suffix = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns})"
    if connection.vendor == "postgresql":
        sql = f"{head} SELECT {columns} FROM {_recordset(fields)}{suffix}"  # noqa: S608
    else:
        sql = f"{head} VALUES ({', '.join(['%s'] * len(fields))}){suffix}"
    return _execute(sql, fields, rows)


def update_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Set the fields `names` of rows, whose values come in this order with the primary key in front."""
    fields = _fields(model, ["pk", *names])
    table, key = _quoted(model._meta.db_table), _quoted(fields[0].column)
    if connection.vendor == "postgresql":
        changes = ", ".join(f"{_quoted(f.column)} = r.{_quoted(f.column)}" for f in fields[1:])
        sql = (
            f"UPDATE {table} SET {changes} FROM {_recordset(fields)} WHERE {table}.{key} = r.{key}"  # noqa: S608
        )
        return _execute(sql, fields, rows)
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields[1:])
    sql = f"UPDATE {table} SET {changes} WHERE {key} = %s"  # noqa: S608
    return _execute(sql, [*fields[1:], fields[0]], ([*row[1:], row[0]] for row in rows))


def _execute(sql: str, fields: Sequence["Field[Any, Any]"], rows: Iterable[Sequence[Any]]) -> int:
    iterator, written = iter(rows), 0
    with connection.cursor() as cursor:
        while batch := list(islice(iterator, _BATCH)):
            if connection.vendor == "postgresql":
                names = [field.column for field in fields]
                document = orjson.dumps(
                    [dict(zip(names, row, strict=True)) for row in batch], default=str
                )
                cursor.execute(sql, [document.decode()])
            else:
                cursor.executemany(sql, [_adapted(fields, row) for row in batch])
            written += cursor.rowcount
    return written


def _adapted(fields: Sequence["Field[Any, Any]"], row: Sequence[Any]) -> list[Any]:
    return [
        field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)
    ]


def _recordset(fields: Sequence["Field[Any, Any]"]) -> str:
    columns = ", ".join(
        f"{_quoted(field.column)} {field.rel_db_type(connection)}" for field in fields
    )
    return f"jsonb_to_recordset(%s::jsonb) AS r({columns})"


def _fields(model: type[Model], names: Sequence[str]) -> list["Field[Any, Any]"]:
    options = model._meta
    by_name = {field.attname: field for field in options.concrete_fields} | {"pk": options.pk}
    by_name |= {field.name: field for field in options.concrete_fields}
    return [by_name[name] for name in names]


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
