"""`id__among`: the rows with one of thousands of ids, UUIDs or their text, which travel as one parameter.

`id__in` makes a parameter of each id, adapted in Python, and SQLite takes only so many.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Lookup, UUIDField


@UUIDField.register_lookup
class Among(Lookup):
    """For a foreign key: `schedule__id__among`."""

    lookup_name = "among"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[UUID | str]) -> None:
        super().__init__(
            lhs, [key.replace("-", "") if isinstance(key, str) else key.hex for key in rhs]
        )

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::uuid[])", (*parameters, f"{{{','.join(self.rhs)}}}")

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQLite keeps ids as 32 digits."""
        left, parameters = self.process_lhs(compiler, connection)
        listed = ",".join(f'"{key}"' for key in self.rhs)
        among = "(SELECT value FROM json_each(%s))"
        return f"{left} IN {among}", (*parameters, f"[{listed}]")
