"""Reading the data of an event field by field; several spellings of a field are taken for the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import Invalid
from integrations.rules.incoming import moment

MOST_PEOPLE = 100_000
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass
class Fields:
    """The data of an event, read field by field; what is wrong is collected."""

    data: Mapping[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def text(self, *names: str, most: int = 100, needed: str = "", asked: str = "") -> str:
        """The first of these that is there; `needed` is the sentence for when none is, said of `asked`."""
        name, value = self._first(names)
        if isinstance(value, Mapping):
            inner = ("external_id", "code", "id")
            value = next((value[one] for one in inner if value.get(one)), "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.errors[f"data.{name}"] = ["It is no text."]
            return ""
        if needed and not value.strip():
            self.errors[f"data.{asked or names[0]}"] = [needed]
        if len(value) > most:
            self.errors[f"data.{name}"] = [f"It has {len(value)} characters; {most} are possible."]
        return value.strip()[:most]

    def moment(self, *names: str) -> datetime | None:
        name, value = self._first(names)
        if value == "":
            return None
        try:
            return moment(value)
        except (ValueError, OverflowError):
            self.errors[f"data.{name}"] = ["A time in ISO 8601, such as 2026-11-22T15:00:00Z."]
            return None

    def people(self, *names: str) -> int | None:
        name, value = self._first(names)
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_PEOPLE:
            self.errors[f"data.{name}"] = [f"A whole number up to {MOST_PEOPLE:,}."]
            return None
        return value

    def address(self, *names: str) -> str:
        found = self.text(*names, most=254)
        if found and not _ADDRESS.fullmatch(found):
            self.errors[f"data.{names[0]}"] = ["An e-mail address, such as ada@example.org."]
        return found

    def yes_no(self, *names: str) -> bool:
        name, value = self._first(names)
        found = _YES.get(str(value).lower()) if value != "" else False
        if found is None:
            self.errors[f"data.{name}"] = ["True or false."]
        return bool(found)

    def choice(self, *names: str, known: Mapping[str, str], needed: str = "") -> str:
        """What `known` says of the word, however it is written; `needed` as for texts."""
        name, value = self._first(names)
        if value == "":
            if needed:
                self.errors[f"data.{name}"] = [needed]
            return ""
        found = known.get(str(value).strip().lower().replace("-", "_").replace(" ", "_"))
        if found is None:
            self.errors[f"data.{name}"] = [f"One of {', '.join(dict.fromkeys(known.values()))}."]
        return found or ""

    def number(self, *names: str, most: int) -> float | None:
        name, value = self._first(names)
        if value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            self.errors[f"data.{name}"] = [f"A number from 0 to {most}."]
            return None
        return value

    def finish(self) -> None:
        """Raises `Invalid` when something was wrong."""
        if self.errors:
            raise Invalid(errors=self.errors)

    def _first(self, names: tuple[str, ...]) -> tuple[str, Any]:
        found = (name for name in names if self.data.get(name) not in (None, ""))
        name = next(found, "")
        return (name, self.data[name]) if name else (names[0], "")
