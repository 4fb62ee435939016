"""Tables in which the database itself keeps stretches of time from overlapping."""

from typing import Any

from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation

_POSTGRESQL = """
ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap EXCLUDE USING gist
({key} WITH =, tstzrange({start}, {end}) WITH &&) WHERE ({condition})
"""
_SQLITE = """
CREATE TRIGGER {table}_no_overlap_{verb} BEFORE {verb} ON {table} WHEN NEW.{condition}
BEGIN SELECT RAISE(ABORT, '{table}_no_overlap') WHERE EXISTS (
SELECT 1 FROM {table} WHERE {key} = NEW.{key} AND {condition} AND id <> NEW.id
AND {start} < NEW.{end} AND {end} > NEW.{start}); END
"""
_RANGES = "CREATE INDEX {name} ON {table} USING gist ({key}, tstzrange({start}, {end}))"


def no_overlap(table: str, *, key: str, start: str, end: str, condition: str) -> list[Operation]:
    """Operations for a migration: no two rows of `table` with the same `key` and a true `condition` column share a
    moment of `[start, end)`. Breaking it raises IntegrityError naming `<table>_no_overlap`."""
    names = {"table": table, "key": key, "start": start, "end": end, "condition": condition}

    def forwards(_apps: Any, editor: Any) -> None:
        with editor.connection.cursor() as cursor:
            if editor.connection.vendor == "postgresql":
                cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
                cursor.execute(_POSTGRESQL.format(**names))
                return
            for verb in ("INSERT", "UPDATE"):
                cursor.execute(_SQLITE.format(**names, verb=verb))

    def backwards(_apps: Any, editor: Any) -> None:
        with editor.connection.cursor() as cursor:
            if editor.connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_no_overlap")
                return
            for verb in ("INSERT", "UPDATE"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_overlap_{verb}")

    return [RunPython(forwards, backwards, elidable=False)]


def range_index(table: str, *, name: str, key: str, start: str, end: str) -> list[Operation]:
    """Operations for a migration: PostgreSQL finds rows by `key` and a shared moment in one step."""

    def forwards(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
                cursor.execute(
                    _RANGES.format(table=table, name=name, key=key, start=start, end=end)
                )

    def backwards(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                cursor.execute(f"DROP INDEX IF EXISTS {name}")

    return [RunPython(forwards, backwards, elidable=False)]
