"""Ids as text, for thousands of rows at a time."""

from typing import Any

from django.db.models import Func, TextField


class KeyText(Func):
    """An id as it is written in JSON: a UUID object costs ten times as much to compare and to write."""

    template = "%(expressions)s::text"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """SQLite keeps ids as 32 digits."""
        column, parameters = compiler.compile(self.source_expressions[0])
        parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        cut = " || '-' || ".join(f"substr({column}, {at}, {length})" for at, length in parts)
        return f"({cut})", (*parameters,) * len(parts)
