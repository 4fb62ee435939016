"""The first rows of a search in the order of its list, whether its words are frequent, rare or long out of use."""

from functools import cached_property
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


class Finding:
    """`rows` are what a search found `among` others, in the same order."""

    #: Whether an index finds the words in this order.
    is_indexed = False

    def __init__(self, rows: Rows, among: Rows) -> None:
        self.rows, self.among = rows, among

    def first(self, count: int) -> Rows:
        """At least the first `count` rows; all, where that is as soon."""
        if leading(self.among) is None or count > _MOST:
            return self.rows
        return self.among.filter(pk__in=self.first_keys(count))

    def first_keys(self, count: int) -> list[Any]:
        """The keys of at least the first `count` rows.

        PostgreSQL takes it that words stand anywhere in a list alike: for a frequent one it walks along the list until
        the page is full, through all of it where the word is long out of use. Here only the beginning of the list is
        looked through, which fills the page where words are frequent; else what matches is gathered by the index of the
        words, without its other columns, and sorted then.
        """
        for reach, worth in _REACHES:
            if self.expected < worth:
                break
            keys = self._keys_near(reach, count)
            if keys is not None:
                return keys
        return keys_of(gathered(self.rows), count)

    def _keys_near(self, reach: int, count: int) -> list[Any] | None:
        """None where the first `reach` rows of the list do not hold so many, and it is longer."""
        first = leading(self.among)
        if first is None:
            return None
        name, step = name_of(first), "gte" if first.descending else "lte"
        edge = list(self.among.values_list(name, flat=True)[reach : reach + 1])
        if not edge:
            return keys_of(self.rows, count)
        if edge[0] is None:
            return None
        keys = along(self.rows.filter(**{f"{name}__{step}": edge[0]}), count)
        return keys if len(keys) == count else None

    @cached_property
    def expected(self) -> float:
        """How many rows the database believes there are; see `plans.expected`."""
        return plans.expected(self.rows)


def gathered(rows: Rows) -> Rows:
    """The same rows in the same order, for which no index of that order is of use."""
    first = leading(rows)
    if first is None:
        return rows
    aside = first.copy()
    aside.set_source_expressions([_Sorted(first.expression)])
    return rows.order_by(aside, *rows.query.order_by[1:])


def along(rows: Rows, count: int) -> list[Any]:
    """The keys of the first rows, read along the list and not gathered from indexes beforehand."""
    with plans.no_gathering(rows.db):
        return keys_of(rows, count)


def keys_of(rows: Rows, count: int) -> list[Any]:
    return list(rows.values_list("pk", flat=True)[:count])


def leading(rows: Rows) -> OrderBy | None:
    """By which of its own columns the list is sorted first; None for anything else, or where what lacks it may come
    first.
    """
    first, *_ = rows.query.order_by or (None,)
    if isinstance(first, str):
        first = OrderBy(F(first.lstrip("-")), descending=first.startswith("-"))
    if not isinstance(first, OrderBy) or not isinstance(first.expression, F):
        return None
    named = {field.name: field for field in rows.model._meta.concrete_fields}
    column = named.get(name_of(first))
    is_total = column is not None and (first.nulls_last or not column.null)
    return first if is_total else None


def name_of(order: OrderBy) -> str:
    return str(getattr(order.expression, "name", ""))
