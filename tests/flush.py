"""How tests with real transactions end: every row that they left goes, also those of append-only tables.

What makes rows append-only is out of force meanwhile: SQLite's triggers are dropped and made again, PostgreSQL's are
switched off. PostgreSQL deletes from the few tables with rows: to truncate them all takes a hundred times as long.
Content types and permissions stay as the migrations left them, for Django would only make them again.
"""

from collections.abc import Iterable
from typing import Any

from django.core.management.commands import flush
from django.db.backends.postgresql import base as postgresql
from django.db.backends.sqlite3 import base as sqlite

SQLite, PostgreSQL = sqlite.DatabaseWrapper.ops_class, postgresql.DatabaseWrapper.ops_class
_sqlite = SQLite.sql_flush
_KEPT = {"django_content_type", "auth_permission"}


def _found(operations: Any, question: str) -> list[tuple[str, ...]]:
    with operations.connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def flush_sqlite(operations: Any, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
    """The deletes, between the triggers' end and their return."""
    statements = _sqlite(operations, style, [*set(tables) - _KEPT], **options)
    triggers = _found(
        operations,
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%is append-only%'",
    )
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    return [*drops, *statements, *(definition for _, definition in triggers)]


def flush_postgresql(
    operations: Any, style: Any, tables: Iterable[str], **options: Any
) -> list[str]:
    """The deletes, with the triggers against them switched off; keys are checked before these are back."""
    asked = (
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")"  # noqa: S608 - names of tables
        for table in sorted(set(tables) - _KEPT)
    )
    filled = {table for (table,) in _found(operations, " UNION ALL ".join(asked))}
    triggers = _found(
        operations,
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%no\\_change'",
    )
    switched = [
        f'ALTER TABLE {table} {{}} TRIGGER "{name}"' for table, name in triggers if table in filled
    ]
    return [
        *(text.format("DISABLE") for text in switched),
        *(f'DELETE FROM "{table}"' for table in sorted(filled)),  # noqa: S608
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(text.format("ENABLE") for text in switched),
    ]


SQLite.sql_flush = flush_sqlite  # type: ignore[assignment, method-assign]
PostgreSQL.sql_flush = flush_postgresql  # type: ignore[assignment, method-assign]
flush.emit_post_migrate_signal = lambda *_: None  # type: ignore[attr-defined]
