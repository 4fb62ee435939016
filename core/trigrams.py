"""Words found anywhere in a text without reading every row: PostgreSQL keeps its pieces of three letters."""

from typing import Any

from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation


def trigram_index(table: str, *columns: str, name: str) -> list[Operation]:
    """Operations for a migration: `icontains` on any of the columns is answered by an index, from three letters on;
    fewer are where a word begins.

    SQLite has none and reads the rows. The expression is the one that Django compares.
    """
    pieces = ", ".join(f"upper({column}::text) gin_trgm_ops" for column in columns)

    def forwards(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                cursor.execute(f"CREATE INDEX {name} ON {table} USING gin ({pieces})")

    def backwards(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                cursor.execute(f"DROP INDEX IF EXISTS {name}")

    return [RunPython(forwards, backwards, elidable=False)]
