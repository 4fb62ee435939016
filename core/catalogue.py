"""The events that others may hear of, and how each is described: the public language of the installation.

Names are those that other systems know (`task.created`, `room.ready`), whatever the change is called inside. A version
grows when what the data mean changes; keys that are added leave it as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

#: Fields of the data, as JSON Schema (2020-12).
TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
NUMBER: Schema = {"type": "integer"}
DECIMAL: Schema = {"type": "number"}
YES_NO: Schema = {"type": "boolean"}


def or_nothing(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def record(fields: Mapping[str, Schema]) -> Schema:
    """An object with exactly these keys known; more may come with time."""
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def each(items: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": dict(items)}


@dataclass(frozen=True, slots=True)
class EventType:
    """One public event. `right`: what a person needs to hear of all of them; `example` is data that fit the schema."""

    name: str
    summary: str
    data: Schema
    example: Mapping[str, Any]
    right: str
    version: int = 1

    @property
    def thing(self) -> str:
        """What it is about: `work-order`, `task`, `room`."""
        return self.name.partition(".")[0]


_types: dict[str, EventType] = {}


def register(*types: EventType) -> None:
    """Add event types. Raises ValueError when a name is taken."""
    for one in types:
        if _types.setdefault(one.name, one) != one:
            raise ValueError(f"There is an event {one.name} already.")


def all_types() -> tuple[EventType, ...]:
    """Every public event, by name."""
    return tuple(_types[name] for name in sorted(_types))


def get(name: str) -> EventType | None:
    """The type of this name."""
    return _types.get(name)
