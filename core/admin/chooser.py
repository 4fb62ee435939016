"""Searching for a row and picking it, in the console's forms."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib.admin.widgets import AutocompleteSelect


class Chooser(AutocompleteSelect):
    """Shows the row that is chosen. What is no id at all shows none; its field then says that it is no choice."""

    def optgroups(self, name: str, value: Iterable[Any], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if _may_be_id(one)], attr)


def _may_be_id(value: Any) -> bool:
    with suppress(ValueError):
        return bool(UUID(str(value)))
    return False
