"""Model instances by the thousand, with only the columns asked for.

`Model.from_db` walks every field of the model, also those that `only()` leaves out, and `Model()` works out every
default. Here an instance gets the columns named and nothing else; any other column is loaded when it is touched, as
with `only()`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.base import ModelState


def instances(
    queryset: "QuerySet[Any, Any]", columns: Sequence[str], related: Mapping[str, Sequence[str]]
) -> Iterator[Any]:
    """The rows of `queryset` with `columns` (attribute names), each with the `related` rows' columns loaded.

    `columns` name the organisation and the related rows' ids, which are therefore not read again with these.
    """
    model = queryset.model
    names = [
        *columns,
        *(f"{relation}__{name}" for relation, part in related.items() for name in part),
    ]
    parts = [(relation, _model_of(model, relation), part) for relation, part in related.items()]
    for values in queryset.values_list(*names):
        row = iter(values)  # zip asks for a name first, so each takes its own values and no more
        instance = bare(model, zip(columns, row, strict=False))
        for relation, target, part in parts:
            found = bare(target, zip(part, row, strict=False))
            found.id = getattr(instance, f"{relation}_id")
            found.organization_id = instance.organization_id
            instance._state.fields_cache[relation] = found
        yield instance


def _model_of(model: type[Model], relation: str) -> type[Model]:
    target = model._meta.get_field(relation).related_model
    assert isinstance(target, type)  # noqa: S101
    return target


def bare(model: type[Model], values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Any:
    """An instance with `values` by attribute name, as if just loaded."""
    instance = model.__new__(model)
    instance.__dict__.update(values)
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, "default"
    return instance
