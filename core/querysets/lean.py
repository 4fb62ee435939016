"""Model instances by the thousand, with only the columns asked for.

`Model.from_db` walks every field of the model, also those that `only()` leaves out. Here an instance gets the columns
read and nothing else; any other column is loaded when it is touched, as with `only()`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.base import ModelState


def instances(
    queryset: "QuerySet[Any, Any]", columns: Sequence[str], related: Mapping[str, Sequence[str]]
) -> Iterator[Any]:
    """The rows of `queryset` with `columns` (attribute names), each with the `related` rows' columns loaded."""
    model = queryset.model
    names = [
        *columns,
        *(f"{relation}__{name}" for relation, part in related.items() for name in part),
    ]
    parts = [(relation, _model_of(model, relation), part) for relation, part in related.items()]
    for values in queryset.values_list(*names):
        instance = _bare(model, columns, values[: len(columns)])
        place = len(columns)
        for relation, target, part in parts:
            found = _bare(target, part, values[place : place + len(part)])
            instance._state.fields_cache[relation] = found
            place += len(part)
        yield instance


def _model_of(model: type[Model], relation: str) -> type[Model]:
    target = model._meta.get_field(relation).related_model
    assert isinstance(target, type)  # noqa: S101
    return target


def _bare(model: type[Model], names: Sequence[str], values: Sequence[Any]) -> Any:
    instance = model.__new__(model)
    instance.__dict__.update(zip(names, values, strict=True))
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, "default"
    return instance
