"""Form fields that the console's forms of scheduling share."""

import re
from typing import Any

from django import forms

from core.admin.wall_times import WallTimeField

__all__ = ["LinesField", "WallTimeField"]


class LinesField(forms.Field):
    """A list of texts, one per line."""

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        return [line for line in re.split(r"[\s,;]+", value or "") if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))
