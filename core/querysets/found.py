"""The first rows of a search in the order of its list, whether its words are frequent, rare or long out of use."""

from typing import Any

from django.db.models import F, Func, OrderBy, QuerySet

from core.querysets import plans

#: So many rows at the beginning of the list are looked through where so many are expected to match.
_REACHES = ((5_000, 1_000), (20_000, 10_000))
#: Whoever wants more does not read a page.
_MOST = 1_000

Rows = QuerySet[Any, Any]


class _Sorted(Func):
    """The same value, which no index has in order."""

    template = "(SELECT %(expressions)s)"
    arity = 1


def first_found(rows: Rows, among: Rows, count: int) -> Rows:
    """The first `count` of `rows`, which a search found `among` others in the same order; all, where that is as soon.

    PostgreSQL takes it that words stand anywhere in a list alike: for a frequent one it walks along the list until the
    page is full, through all of it where the word is long out of use. Here only the beginning of the list is looked
    through, which fills the page where words are frequent; else what matches is gathered by the index of the words,
    without its other columns, and sorted then.
    """
    leading = _leading(among)
    if leading is None or count > _MOST:
        return rows
    name, step = _name(leading), "gte" if leading.descending else "lte"
    expected = plans.expected(rows)
    for reach, worth in _REACHES:
        if expected < worth:
            break
        edge = list(among.values_list(name, flat=True)[reach : reach + 1])
        if not edge:
            return rows
        near = rows.filter(**{f"{name}__{step}": edge[0]}) if edge[0] is not None else rows.none()
        with plans.no_gathering(rows.db):
            keys = _keys(near, count)
        if len(keys) == count:
            return among.filter(pk__in=keys)
    aside = leading.copy()
    aside.set_source_expressions([_Sorted(leading.expression)])
    gathered = rows.order_by(aside, *rows.query.order_by[1:])
    return among.filter(pk__in=_keys(gathered, count))


def _keys(rows: Rows, count: int) -> list[Any]:
    return list(rows.values_list("pk", flat=True)[:count])


def _leading(rows: Rows) -> OrderBy | None:
    """By which of its own columns the list is sorted first; None for anything else, or where what lacks it may come
    first.
    """
    first, *_ = rows.query.order_by or (None,)
    if isinstance(first, str):
        first = OrderBy(F(first.lstrip("-")), descending=first.startswith("-"))
    if not isinstance(first, OrderBy) or not isinstance(first.expression, F):
        return None
    named = {field.name: field for field in rows.model._meta.concrete_fields}
    column = named.get(_name(first))
    is_total = column is not None and (first.nulls_last or not column.null)
    return first if is_total else None


def _name(order: OrderBy) -> str:
    return str(getattr(order.expression, "name", ""))
