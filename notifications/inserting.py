"""Inserting thousands of rows at once, several times faster than model by model.

The rows travel as one JSON parameter and are spread out by the database, on SQLite and PostgreSQL alike. Measured
with 10,000 messages: a third of the time of `bulk_create`, in this process and in the database.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, UUIDField

from core.ids import new_id
from core.tenancy import TenantScopeMissing, current_organization_id

_STATEMENT = """
INSERT INTO {table} ({columns}) SELECT {values} FROM {rows}
WHERE true ON CONFLICT DO NOTHING RETURNING {first}
"""


def insert_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Sequence[Sequence[str | bool | None]],
    shared: Mapping[str, Any],
) -> dict[str, int]:
    """Insert `rows`, each the values of the fields `names`; `shared` are fields that all rows have alike.

    Ids are given as their 32 hexadecimal digits. The first name is the primary key. The rows go into the organisation
    in scope and must come from its scoped queries. Rows that a unique constraint knows already are left out; returns
    the position in `rows` of those that are new, by primary key.
    """
    organization_id = current_organization_id()
    if organization_id is None:
        raise TenantScopeMissing(f"{model.__name__} rows were inserted outside a tenant scope.")
    field_of: Any = model._meta.get_field
    fields = [field_of(name) for name in names]
    alike = {**shared, "organization": organization_id}
    constants = [(field_of(name), value) for name, value in alike.items()]
    quote = connection.ops.quote_name
    statement = _STATEMENT.format(
        table=quote(model._meta.db_table),
        columns=", ".join(quote(f.column) for f in [*fields, *(f for f, _ in constants)]),
        values=", ".join(
            [
                *(_value(field, place) for place, field in enumerate(fields)),
                *["%s"] * len(constants),
            ]
        ),
        rows="json_each(%s)" if _is_sqlite() else "jsonb_array_elements(CAST(%s AS jsonb))",
        first=quote(fields[0].column),
    )
    parameters = [field.get_db_prep_save(value, connection) for field, value in constants]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, json.dumps(rows)])
        found = {key.hex if isinstance(key, UUID) else key for (key,) in cursor.fetchall()}
    return {str(row[0]): place for place, row in enumerate(rows) if row[0] in found}


def new_key() -> str:
    """A new primary key as `insert_rows` takes it."""
    return new_id().hex


def _value(field: Any, place: int) -> str:
    """How the database reads one value of a row. SQLite keeps ids as text and truth as a number, as JSON gives them."""
    value = f"value ->> {place}"
    if _is_sqlite():
        return value
    target = getattr(field, "target_field", field)
    if isinstance(target, UUIDField) or field.get_internal_type() == "BooleanField":
        return f"CAST({value} AS {field.db_type(connection)})"
    return value


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"
