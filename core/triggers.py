"""Tables that the database itself keeps from being changed."""

from typing import Any

from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation

# INSERT OR REPLACE removes the rows in its way without asking a DELETE trigger, so they are looked for beforehand.
_SQLITE = {
    "no_update": "BEFORE UPDATE ON {table}",
    "no_delete": "BEFORE DELETE ON {table}",
    "no_replace": "BEFORE INSERT ON {table} WHEN {taken}",
}
_SQLITE_TRIGGER = """
CREATE TRIGGER {table}_{name} {occasion}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""
_POSTGRESQL_TRIGGERS = ("no_change", "no_truncate")


def append_only(table: str, *keys: str) -> list[Operation]:
    """Operations for a migration: rows of `table` can be inserted but not updated, deleted, replaced or emptied.

    `keys` are the unique keys besides the id, each as a condition on a row that NEW would collide with.
    """
    if not table.isidentifier():
        raise ValueError(f"{table!r} is not the name of a table.")

    def forwards(_apps: Any, editor: Any) -> None:
        create(editor.connection, table, *keys)

    def backwards(_apps: Any, editor: Any) -> None:
        drop(editor.connection, table)

    return [RunPython(forwards, backwards, elidable=False)]


def create(connection: Any, table: str, *keys: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL.format(table=table))
            return
        taken = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {key})"  # noqa: S608  (constants of migrations)
            for key in ("id = NEW.id", "rowid = NEW.rowid", *keys)
        )
        for name, occasion in _SQLITE.items():
            shown = occasion.format(table=table, taken=taken)
            cursor.execute(_SQLITE_TRIGGER.format(table=table, name=name, occasion=shown))


def drop(connection: Any, table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for name in _POSTGRESQL_TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")
            return
        for name in _SQLITE:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}")


_SET_POSTGRESQL = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""
_SET_SQLITE = {
    "no_update": "BEFORE UPDATE ON {table} WHEN OLD.{column} IS NOT NULL",
    "no_delete": "BEFORE DELETE ON {table} WHEN OLD.{column} IS NOT NULL",
    "no_replace": "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} IS NOT NULL AND ({key}))",
}


def frozen_once_set(table: str, column: str, key: str) -> list[Operation]:
    """Operations for a migration: a row of `table` whose `column` is set can be neither changed nor removed.

    `key` are the unique keys of the table, as a condition on a row that NEW would collide with.
    """

    def forwards(_apps: Any, editor: Any) -> None:
        with editor.connection.cursor() as cursor:
            if editor.connection.vendor == "postgresql":
                cursor.execute(_SET_POSTGRESQL.format(table=table, column=column))
                return
            for name, occasion in _SET_SQLITE.items():
                shown = occasion.format(table=table, column=column, key=key)
                cursor.execute(_SQLITE_TRIGGER.format(table=table, name=name, occasion=shown))

    def backwards(_apps: Any, editor: Any) -> None:
        drop(editor.connection, table)

    return [RunPython(forwards, backwards, elidable=False)]
