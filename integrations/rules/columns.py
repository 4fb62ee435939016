"""Which column of a foreign file means which field: by its name, checked against its values."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

ATTRIBUTE = "attributes."
_MOST_VALUES = 200


@dataclass(frozen=True, slots=True)
class Field:
    """Something a row can say. `names` are other systems' words for it, best first.

    `kind` is text, date, moment, integer, decimal, boolean or choice; `choices` maps the words that are understood,
    in small letters, to stored values.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    names: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    help: str = ""


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """A heading or word without accents, case, punctuation and spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]+", "", plain.encode("ascii", "ignore").decode().lower())


def choice(field_: Field, text: str) -> str | None:
    """The stored value that `text` means, or none."""
    wanted = normal(text)
    return next((value for word, value in field_.choices.items() if normal(word) == wanted), None)


def propose(
    header: Sequence[str], samples: Mapping[str, Iterable[str]], fields: Sequence[Field]
) -> dict[str, str]:
    """Column name to field name, for the columns that are understood; each field at most once.

    A column whose values do not suit the field, such as numbers under “Frequency”, is left to the next field.
    """
    mapping: dict[str, str] = {}
    ranked = sorted(
        (rank, position, column, field_.name)
        for position, column in enumerate(header)
        for field_ in fields
        if (rank := _rank(column, field_)) is not None and suits(field_, samples.get(column, ()))
    )
    for _, _, column, name in ranked:
        if column not in mapping and name not in mapping.values():
            mapping[column] = name
    return {column: mapping[column] for column in header if column in mapping}


def _rank(column: str, field_: Field) -> int | None:
    known = [normal(name) for name in (field_.name, field_.label, *field_.names)]
    name = normal(column)
    return known.index(name) if name in known else None


def suits(field_: Field, values: Iterable[str]) -> bool:
    """Whether at least half of the values can be meant for the field."""
    given = [value.strip() for _, value in zip(range(_MOST_VALUES), values, strict=False)]
    given = [value for value in given if value]
    if not given:
        return True
    if field_.kind == "choice" and field_.choices:
        good = sum(choice(field_, value) is not None for value in given)
    elif field_.kind in {"integer", "decimal"}:
        good = sum(bool(re.fullmatch(r"[-+]?[\d.,\s]+", value)) for value in given)
    else:
        return True
    return good * 2 >= len(given)


def missing(fields: Sequence[Field], mapping: Mapping[str, str]) -> list[Field]:
    """Required fields that no column gives."""
    return [field_ for field_ in fields if field_.required and field_.name not in mapping.values()]


def attribute_key(column: str) -> str:
    """The key under which a column becomes an attribute of a resource."""
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50]
    return key if key[:1].isalpha() else f"a_{key}"[:50]
