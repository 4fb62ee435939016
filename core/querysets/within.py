"""`path__within`: the rows whose text begins with another one, such as everything below a place in a tree.

PostgreSQL has an index for LIKE. SQLite's LIKE ignores case and uses no index, but sorts text by its bytes, so that
the same rows are a range.
"""

from typing import Any

from django.db.models import CharField, Lookup
from django.db.models.lookups import StartsWith


@CharField.register_lookup
class Within(Lookup):
    """For text that is not empty; upper and lower case are told apart on either database."""

    lookup_name = "within"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return StartsWith(self.lhs, self.rhs).as_sql(compiler, connection)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        beyond = self.rhs[:-1] + chr(ord(self.rhs[-1]) + 1)
        ends = (f"{left} >= %s", f"{left} < %s")
        if self.lhs.alias == compiler.query.base_table:
            # without statistics SQLite takes an organisation for ten rows, and would rather walk all of them
            ends = (f"likelihood({ends[0]}, 0.001)", f"likelihood({ends[1]}, 0.001)")
        return f"({ends[0]} AND {ends[1]})", (*parameters, self.rhs, *parameters, beyond)
