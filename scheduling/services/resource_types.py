"""Resource types and the attributes that they declare."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core.errors import Invalid
from core.services import records
from scheduling.models import ResourceType

if TYPE_CHECKING:
    from accounts.models import User

KINDS = {
    "text": "Text",
    "number": "Number",
    "date": "Date",
    "boolean": "Yes or no",
    "choice": "Choice",
}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
_MOST = 50


@transaction.atomic
def create_resource_type(
    resource_type: ResourceType, *, by: "User | None", now: datetime
) -> ResourceType:
    """Add a type. Raises `Invalid` when an attribute is declared wrongly."""
    resource_type.attribute_fields = checked_fields(resource_type.attribute_fields)
    return records.create(resource_type, by=by, now=now)


@transaction.atomic
def update_resource_type(
    resource_type: ResourceType, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> ResourceType:
    """Change a type. Values that resources hold stay until they are edited next."""
    found = dict(changes)
    if "attribute_fields" in found:
        found["attribute_fields"] = checked_fields(found["attribute_fields"])
    return records.update(resource_type, found, by=by, now=now)


def checked_fields(fields: Any) -> list[dict[str, Any]]:
    """The declared attributes in their stored form. Raises `Invalid` with one sentence per mistake."""
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise Invalid("Write a list of attributes.", field="attribute_fields")
    if len(fields) > _MOST:
        raise Invalid(f"At most {_MOST} attributes.", field="attribute_fields")
    problems: list[str] = []
    result = [_checked(field, number, problems) for number, field in enumerate(fields, 1)]
    keys = [field["key"] for field in result]
    problems += [
        f"“{key}” is declared twice." for key in sorted({k for k in keys if keys.count(k) > 1})
    ]
    if problems:
        raise Invalid(errors={"attribute_fields": problems})
    return result


def _checked(field: Mapping[str, Any], number: int, problems: list[str]) -> dict[str, Any]:
    label = str(field.get("label") or "").strip()[:100]
    key = str(field.get("key") or "").strip() or _key_from(label)
    kind = field.get("type") or "text"
    if not label:
        problems.append(f"Attribute {number} needs a name.")
    elif not _KEY.fullmatch(key):
        problems.append(f"“{key}” is not a key: use small letters, digits and underscores.")
    if not isinstance(kind, str) or kind not in KINDS:
        problems.append(f"“{label}”: the type is one of {', '.join(KINDS)}.")
    given = field.get("choices") or []
    choices = [str(choice).strip() for choice in given] if isinstance(given, list) else []
    if kind == "choice" and not any(choices):
        problems.append(f"“{label}” needs at least one choice.")
    return {
        "key": key,
        "label": label,
        "type": kind,
        "required": field.get("required") in (True, "true", "on", "1"),
        "unit": str(field.get("unit") or "").strip()[:30],
        "choices": [choice for choice in choices if choice] if kind == "choice" else [],
    }


def _key_from(label: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"a_{plain}"
