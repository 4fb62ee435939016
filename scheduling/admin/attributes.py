"""Inputs for the attributes that a resource type declares, and for declaring them."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from scheduling.models import ResourceType
from scheduling.services.resource_types import KINDS

_PREFIX = "attribute-"


class _JsonField(forms.Field):
    """The column is JSON; what it means is checked by the service."""

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required = False

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or type(data)()) != data)

    def clean(self, value: Any) -> Any:
        return value


class AttributesWidget(forms.Widget):
    """One input per declared attribute; the form names the type."""

    resource_type: ResourceType | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {
            key.removeprefix(_PREFIX): value.strip()
            for key, value in data.items()
            if key.startswith(_PREFIX) and value.strip()
        }

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        inner = attribute_inputs(self.resource_type, value if isinstance(value, dict) else {})
        return mark_safe(  # noqa: S308  (made of our own templates)
            render_to_string("scheduling/attributes_frame.html", {"inner": inner})
        )


def attribute_inputs(resource_type: ResourceType | None, values: dict[str, Any]) -> SafeString:
    """The inputs for a type, filled with `values`."""
    declared = resource_type.attribute_fields if resource_type else []
    fields = [
        {
            **field,
            "name": f"{_PREFIX}{field['key']}",
            "value": _as_text(values.get(field["key"], "")),
        }
        for field in declared
    ]
    return render_to_string(
        "scheduling/attributes.html", {"fields": fields, "resource_type": resource_type}
    )


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class AttributesField(_JsonField):
    widget = AttributesWidget


class DeclarationsWidget(forms.Widget):
    """One line per attribute: name, type, unit, choices, required. No JSON to write."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        columns = {part: data.getlist(f"{name}-{part}") for part in ("label", "key", "type")}
        columns |= {
            part: data.getlist(f"{name}-{part}") for part in ("unit", "choices", "required")
        }
        count = min(len(column) for column in columns.values())
        rows = [{part: columns[part][number] for part in columns} for number in range(count)]
        return [
            {**row, "choices": [c.strip() for c in row["choices"].split(",") if c.strip()]}
            for row in rows
            if row["label"].strip()
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        declared = value if isinstance(value, list) else []
        rows = [
            {
                **row,
                "choices": ", ".join(row.get("choices") or []),
                "required": row.get("required") in (True, "true"),
            }
            for row in declared
        ]
        return render_to_string(
            "scheduling/declarations.html", {"name": name, "rows": [*rows, {}], "kinds": KINDS}
        )


class DeclarationsField(_JsonField):
    widget = DeclarationsWidget
