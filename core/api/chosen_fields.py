"""`fields=title,status`: lists with only what the caller reads of each row, for a fraction of the work."""

from functools import cache
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PARAMETER = "fields"


def chosen_fields(request: Request, serializer_class: Any) -> tuple[str, ...]:
    """The fields that the caller names, in the order in which rows have them, `id` always among them; none: all.

    Raises `ValidationError`.
    """
    text = request.query_params.get(PARAMETER)
    if text is None:
        return ()
    known = _fields_of(serializer_class)
    asked = {name.strip() for name in text.split(",")} - {""}
    if unknown := sorted(asked.difference(known)):
        told = f"There is no {', '.join(unknown[:3])} here. Choose from: {', '.join(known)}."
        raise ValidationError({PARAMETER: [told]})
    return tuple(name for name in known if name in asked or name == "id")


def only(rows: Any, names: tuple[str, ...]) -> Any:
    """The rows with these fields, or whole; what a row has not, such as a price without the right, stays away."""
    if not names:
        return rows
    return [{name: row[name] for name in names if name in row} for row in rows]


@cache
def _fields_of(serializer_class: Any) -> tuple[str, ...]:
    return tuple(name for name, field in serializer_class().fields.items() if not field.write_only)
