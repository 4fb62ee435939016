"""Which columns a person wants to see in a list of the console."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.models import ListPreference
from core.services import records


def columns_of(user: Any, name: str) -> list[str] | None:
    """The names the person chose for this list; nothing when the list's own choice stands."""
    rows = ListPreference.objects.filter(user=user, name=name)
    chosen: list[str] | None = rows.values_list("columns", flat=True).first()
    return chosen


def choose_columns(
    user: Any, name: str, columns: Sequence[str] | None, *, by: Any, now: datetime
) -> None:
    """Keep the choice, for this person and this list; `None` goes back to the list's own."""
    kept = ListPreference.objects.filter(user=user, name=name).first()
    if columns is None:
        if kept is not None:
            records.delete(kept, by=by, now=now)
    elif kept is None:
        records.create(ListPreference(user=user, name=name, columns=list(columns)), by=by, now=now)
    else:
        records.update(kept, {"columns": list(columns)}, by=by, now=now)
