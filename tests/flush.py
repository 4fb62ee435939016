"""Lets tests empty append-only tables on SQLite.

Test cases with real transactions end by emptying every table. PostgreSQL truncates, which row
triggers do not see; SQLite deletes, so the triggers are dropped before and made again after.
"""

from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper

DatabaseOperations = DatabaseWrapper.ops_class
_original = DatabaseOperations.sql_flush


def sql_flush(operations: Any, style: Any, tables: Any, **options: Any) -> list[str]:
    """The deletes, between the triggers' end and their return."""
    statements = _original(operations, style, tables, **options)
    with operations.connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            " AND (name LIKE '%\\_no\\_update' ESCAPE '\\' OR name LIKE '%\\_no\\_delete' ESCAPE '\\')"
        )
        triggers = cursor.fetchall()
    drops = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    return [*drops, *statements, *(definition for _, definition in triggers)]


DatabaseOperations.sql_flush = sql_flush  # type: ignore[assignment, method-assign]
