"""The audit trail in words: labels instead of keys, names instead of ids, times on the reader's clock."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db.models import Field, ForeignKey, Model

from core.models import AuditEntry
from core.rules import moments

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(\d\d:\d\d):00")
#: What was done, where the rule for a single verb does not say it.
_DONE = {
    "ask": "asked those who booked",
    "cancel": "cancelled",
    "give_back": "given back",
    "hold": "put on hold",
    "sign_in": "signed in",
    "sign_out": "signed out",
    "skip": "skipped",
    "take": "taken",
    "update": "changed",
}
_NOTHING: tuple[Any, ...] = (None, "", [], {})


class Change(NamedTuple):
    """One field of an entry, as people read it."""

    field: str
    old: str
    new: str


class Wording:
    """Words the changes of `entries` on the clock of `zone`; asks once for the names of each kind of row.

    What is unknown, such as a field that no longer exists, stays as it was recorded.
    """

    def __init__(self, entries: Iterable[AuditEntry], *, zone: str) -> None:
        self._zone = zone
        self._names = _names_of(entries)

    def changes(self, entry: AuditEntry, *, without: Container[str] = ()) -> list[Change]:
        """Every recorded field but those `without`, with its old and its new value."""
        found = []
        for name in names(entry):
            if name in without:
                continue
            field = _field(entry.object_type, name)
            old, new = _two(entry.changes[name])
            found.append(Change(label(entry, name), self._text(old, field), self._text(new, field)))
        return found

    def _text(self, value: Any, field: "Field[Any, Any] | None") -> str:
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if value in _NOTHING:
            return "–"
        if isinstance(value, list):
            return ", ".join(self._text(item, field) for item in value)
        if isinstance(value, dict):
            return "; ".join(
                f"{_spaced(str(key))}: {self._text(item, None)}" for key, item in value.items()
            )
        choice = dict(getattr(field, "flatchoices", ())).get(value)
        return str(choice) if choice is not None else self._worded(str(value))

    def _worded(self, text: str) -> str:
        if (pk := _id(text)) in self._names:
            return self._names[pk]
        try:
            if _MOMENT.fullmatch(text):
                moment = datetime.fromisoformat(text)
                return moments.day_and_time(moment, self._zone) if moment.tzinfo else text
            if _DAY.fullmatch(text):
                return moments.day(date.fromisoformat(text))
        except ValueError:
            return text
        return _TIME.sub(r"\1", text) if _TIME.fullmatch(text) else text


def action(entry: AuditEntry) -> str:
    """What was done, such as “Signed in”, “Verified” or “Password change”."""
    words = _DONE.get(entry.action) or _past(_spaced(entry.action))
    return words[:1].upper() + words[1:]


def names(entry: AuditEntry) -> list[str]:
    """The recorded fields that say something: what the system works out from the others tells a reader nothing."""
    worked_out: frozenset[str] = getattr(_model(entry.object_type), "worked_out", frozenset())
    return [name for name in entry.changes if name not in worked_out]


def label(entry: AuditEntry, name: str) -> str:
    """The field as forms name it."""
    field = _field(entry.object_type, name)
    words = str(field.verbose_name) if field is not None else _spaced(name)
    return words[:1].upper() + words[1:]


def kind(entry: AuditEntry) -> str:
    """What sort of thing the entry is about; empty when no such thing exists any more."""
    model = _model(entry.object_type)
    words = str(model._meta.verbose_name) if model is not None else ""
    return words[:1].upper() + words[1:]


def _names_of(entries: Iterable[AuditEntry]) -> dict[UUID | None, str]:
    """The names of the rows whose ids were recorded in place of a name, those in reach."""
    wanted: dict[Any, set[UUID]] = defaultdict(set)
    for entry in entries:
        for name, values in entry.changes.items():
            field = _field(entry.object_type, name)
            if isinstance(field, ForeignKey):
                wanted[field.related_model] |= {pk for v in _two(values) if (pk := _id(v))}
    return {
        row.pk: str(row)
        for model, ids in wanted.items()
        if ids
        for row in model._base_manager.filter(pk__in=ids)
    }


def _model(object_type: str) -> type[Model] | None:
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):
        return None


def _field(object_type: str, name: str) -> "Field[Any, Any] | None":
    """The column of the recorded name, be it `owner` or `owner_id`."""
    model = _model(object_type)
    fields: Iterable[Field[Any, Any]] = model._meta.concrete_fields if model is not None else ()
    return next((field for field in fields if name in (field.name, field.attname)), None)


def _two(values: Any) -> tuple[Any, Any]:
    if isinstance(values, list) and len(values) == 2:
        return values[0], values[1]
    return None, values


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _past(verb: str) -> str:
    """“verify” as “verified”; words that are no single verb stay."""
    if " " in verb or not verb or verb.endswith("ed"):
        return verb
    if verb.endswith("y"):
        return f"{verb[:-1]}ied"
    return verb + ("d" if verb.endswith("e") else "ed")


def _spaced(name: str) -> str:
    return name.replace("_", " ")
