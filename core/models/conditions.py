"""Conditions of constraints, decided for one row without asking the database where that is plain."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F, Model, Q

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    **{"exact": operator.eq, "lt": operator.lt, "lte": operator.le},
    **{"gt": operator.gt, "gte": operator.ge, "in": lambda value, several: value in several},
}


def holds(condition: Any, row: Model) -> bool | None:
    """Whether a row meets a condition on its own columns; None when that is left to the database.

    What is empty equals nothing and is neither less nor more, which databases and people negate differently: only
    whether it is empty is decided here.
    """
    if not isinstance(condition, Q) or condition.connector == Q.XOR:
        return None
    parts = [
        _is_so(child, row) if isinstance(child, tuple) else holds(child, row)
        for child in condition.children
    ]
    ends = condition.connector == Q.OR  # what decides: one that holds, or one that does not
    found = ends if ends in parts else None if None in parts else not ends
    return found if found is None or not condition.negated else not found


def _is_so(said: Any, row: Model) -> bool | None:
    name, wanted = said
    column, _, lookup = name.partition("__")
    value = _value(row, column)
    if lookup == "isnull" or (wanted is None and lookup in {"", "exact"}):
        return (value is None) == (True if wanted is None else wanted)
    if isinstance(wanted, F):
        other: Any = wanted
        wanted = _value(row, other.name)
    compare = _COMPARED.get(lookup or "exact")
    if compare is None or value is None or wanted is None or hasattr(wanted, "resolve_expression"):
        return None
    try:
        return bool(compare(value, wanted))
    except TypeError:
        return None


def _value(row: Model, name: str) -> Any:
    field: Any = row._meta.pk if name == "pk" else row._meta.get_field(name)
    return getattr(row, field.attname)
