"""Words found anywhere in a text without reading every row: PostgreSQL keeps its pieces of three letters."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


def trigram_index(
    table: str, *columns: str, name: str, is_upper: bool = False, where: str = ""
) -> list[Operation]:
    """Operations for a migration: `icontains` on any of the columns is answered by an index, from three letters on;
    fewer are where a word begins. With `is_upper` the columns hold capitals only, and it is `contains`. `where` is the
    condition of the rows in the index.

    SQLite has none and reads the rows. The expression is the one that Django compares.
    """
    make, drop = _statements(table, columns, name, is_upper=is_upper, where=where)
    return [on_postgresql([_EXTENSION, make], [drop])]


def drop_trigram_index(table: str, *columns: str, name: str) -> list[Operation]:
    """Operations for a migration: what `trigram_index` made is not needed any more."""
    make, drop = _statements(table, columns, name, is_upper=False, where="")
    return [on_postgresql([drop], [_EXTENSION, make])]


def known_frequencies(table: str, column: str, *, samples: int) -> list[Operation]:
    """Operations for a migration: PostgreSQL keeps so many values of the column to tell how frequent a word is.

    By itself it keeps a hundred, which cannot tell one row in a thousand from one in a hundred.
    """
    alter = f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS"
    return [on_postgresql([f"{alter} {samples}", f"ANALYZE {table}"], [f"{alter} -1"])]


def on_postgresql(forth: Sequence[str], back: Sequence[str]) -> Operation:
    """An operation for a migration: statements that other databases do not know, nor need."""
    return RunPython(_run(*forth), _run(*back), elidable=False)


def _statements(
    table: str, columns: tuple[str, ...], name: str, *, is_upper: bool, where: str
) -> tuple[str, str]:
    shown = columns if is_upper else [f"upper({column}::text)" for column in columns]
    pieces = ", ".join(f"{one} gin_trgm_ops" for one in shown)
    condition = f" WHERE {where}" if where else ""
    make = f"CREATE INDEX {name} ON {table} USING gin ({pieces}){condition}"
    return make, f"DROP INDEX IF EXISTS {name}"


def _run(*statements: str) -> Any:
    def run(_apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            with editor.connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    return run
