"""Lets tests empty append-only tables.

Test cases with real transactions end by emptying every table. SQLite deletes, so the triggers are dropped before and
made again after; PostgreSQL truncates while the triggers against that are switched off.
"""

from typing import Any

from django.db.backends.postgresql import base as postgresql
from django.db.backends.sqlite3 import base as sqlite

SQLite, PostgreSQL = sqlite.DatabaseWrapper.ops_class, postgresql.DatabaseWrapper.ops_class
_sqlite, _postgresql = SQLite.sql_flush, PostgreSQL.sql_flush


def _found(operations: Any, question: str) -> list[tuple[str, str]]:
    with operations.connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def flush_sqlite(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
    """The deletes, between the triggers' end and their return."""
    statements = _sqlite(operations, style, tables, **options)
    triggers = _found(
        operations,
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%is append-only%'",
    )
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    return [*drops, *statements, *(definition for _, definition in triggers)]


def flush_postgresql(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
    """The truncation, with the triggers against it switched off."""
    statements = _postgresql(operations, style, tables, **options)
    triggers = _found(
        operations,
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%no\\_truncate'",
    )
    switched = [f'ALTER TABLE {table} {{}} TRIGGER "{name}"' for table, name in triggers]
    off, on = ([text.format(verb) for text in switched] for verb in ("DISABLE", "ENABLE"))
    return [*off, *statements, *on]


SQLite.sql_flush = flush_sqlite  # type: ignore[assignment, method-assign]
PostgreSQL.sql_flush = flush_postgresql  # type: ignore[assignment, method-assign]
