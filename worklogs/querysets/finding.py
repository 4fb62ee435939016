"""How the orders of a search are found: from the newest back, without reading those that match further back."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from django.db import connections
from django.db.models import BooleanField, Func, Q, Value
from django.db.models.functions import Upper

from core.querysets import plans
from core.querysets.found import Finding, along, gathered, keys_of, leading, name_of
from core.tenancy import current_organization_id
from worklogs.rules import search

#: So many numbers are an era: reading all orders of one is not felt, nor is asking for all eras there are.
ERA = 8_192
#: Of all words together; each piece is looked up in each era.
_MOST_PIECES = 8
#: PostgreSQL takes one row in 200 to have a piece. Asked for three it takes no other way than by their index.
_LEAST_PIECES = 3
#: What gathering some 1,000 rows costs; see `plans.cost`. It is no slower than asking all eras.
_CHEAP = 5_000
#: So many numbers at the beginning of the list are looked through first, where the page is full of what is frequent.
_NEAR = 5_000
#: So many words that may be told as well as be names; each doubles the ways to look.
_MOST_NAMES = 3

Rows = Any


class Word:
    """One word that is looked for: where it is told, and what it names; see `WorkOrderQuerySet.finding`.

    One or two letters stand at the beginning of a word: that an index answers, amid words it does not.
    """

    def __init__(self, text: str, named: Q) -> None:
        self.text = text if len(text) >= search.LETTERS else f" {text}"
        self.told, self.named = Q(words__contains=Upper(Value(self.text))), named
        self.pieces = search.pieces_of(self.text)


class OrderFinding(Finding):
    """What a search found among the orders of a list.

    In a list by number, ended orders are looked for era by era until the page is full, by an index that keeps the
    pieces of words for each era by itself (`migrations/0009`): what is long out of use costs little more than what is
    frequent. Open orders are few, and their words have an index of their own.
    """

    def __init__(self, rows: Rows, among: Rows, words: Sequence[Word]) -> None:
        super().__init__(rows, among)
        self._named = [word for word in words if word.named]
        self._told = [word for word in words if not word.named]

    @property
    def is_indexed(self) -> bool:  # type: ignore[override]
        first = leading(self.among)
        return (
            connections[self.rows.db].vendor == "postgresql"
            and current_organization_id() is not None
            and first is not None
            and name_of(first) == "number"
            and len(self._named) <= _MOST_NAMES
            and any(word.pieces for word in (*self._named, *self._told))
        )

    def first_keys(self, count: int) -> list[Any]:
        if not self.is_indexed or _is_cheap(self.rows):
            return super().first_keys(count)
        numbers = _numbers(self.among)
        near = self.rows.filter(
            number__range=sorted((numbers[0], numbers[0] + numbers.step * _NEAR))
        )
        keys = along(near, count)
        if len(keys) == count:
            return keys
        return [
            key for rows, told in self._ways() for key in _keys_of_way(rows, told, numbers, count)
        ]

    def _ways(self) -> Iterator[tuple[Rows, list[str]]]:
        """The rows in parts, with pieces of what each tells: a word that is a name as well is told or names them."""
        for choice in product((True, False), repeat=len(self._named)):
            told, rows = list(self._told), self.among
            for word, is_told in zip(self._named, choice, strict=True):
                if is_told:
                    told.append(word)
                else:
                    rows = rows.filter(word.named)
            for word in told:
                rows = rows.filter(word.told)
            yield rows, sorted({piece for word in told for piece in word.pieces})


def _numbers(among: Rows) -> range:
    """All numbers of the organisation, in the order of the list."""
    newest = among.model._default_manager.order_by("-number").values_list("number", flat=True)
    numbers = range(1, (newest.first() or 1) + 1)
    first = leading(among)
    return numbers[::-1] if first and first.descending else numbers


def _keys_of_way(rows: Rows, pieces: list[str], numbers: range, count: int) -> list[Any]:
    if not pieces or _is_cheap(rows):
        return keys_of(gathered(rows), count)
    ended = _keys_by_era(rows.ended(), pieces, numbers, count)
    return keys_of(gathered(rows.open()), count) + ended


def _is_cheap(rows: Rows) -> bool:
    """Whether all that matches is read soon: what few rows match, or a filter narrows by an index of its own."""
    return plans.cost(gathered(rows).values("pk")) < _CHEAP


def _keys_by_era(rows: Rows, pieces: list[str], numbers: range, count: int) -> list[Any]:
    """The first era that fills the page is the last to be looked at: for each of the series, in its order, PostgreSQL
    can only ask anew what is found there.
    """
    pieces = pieces[:: -(-len(pieces) // _MOST_PIECES)]
    pieces = (pieces * _LEAST_PIECES)[: max(len(pieces), _LEAST_PIECES)]
    own = Value(current_organization_id())
    conditions = (
        _StandsInEra("words", "organization_id", "number", Value(piece), own) for piece in pieces
    )
    found, values = gathered(rows.filter(*conditions)).values("pk")[:count].query.sql_with_params()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            "SELECT found.* FROM generate_series(%s, %s, %s) AS eras(era)"  # noqa: S608 - a query of our own
            f" CROSS JOIN LATERAL ({found}) AS found LIMIT %s",
            [numbers[0] // ERA, numbers[-1] // ERA, numbers.step, *values, count],
        )
        return [key for (key, *_) in cursor.fetchall()]


class _StandsInEra(Func):
    """Whether the piece stands in an order of the era that the query looks at."""

    function = "worklogs_stands_in_era"
    template = "%(function)s(%(expressions)s, eras.era)"
    output_field = BooleanField()
