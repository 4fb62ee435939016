"""Tables that the database itself keeps from being changed."""

from typing import Any

from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
"""


def append_only(table: str) -> list[Operation]:
    """Operations for a migration: rows of `table` can be inserted but not updated or deleted."""
    if not table.isidentifier():
        raise ValueError(f"{table!r} is not the name of a table.")

    def forwards(_apps: Any, editor: Any) -> None:
        create(editor.connection, table)

    def backwards(_apps: Any, editor: Any) -> None:
        drop(editor.connection, table)

    return [RunPython(forwards, backwards, elidable=False)]


def create(connection: Any, table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(_SQLITE.format(table=table, verb=verb))
        else:
            cursor.execute(_POSTGRESQL.format(table=table))


def drop(connection: Any, table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")
