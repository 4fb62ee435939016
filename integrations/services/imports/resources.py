"""Resources: by code or external id, parents in any row order."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.text import slugify

from core.errors import DomainError, Invalid
from integrations.rules.columns import ATTRIBUTE, attribute_key
from integrations.services.imports.lookups import Lookups, differing
from integrations.services.imports.outcomes import Outcome, State, Work
from integrations.services.imports.source import Row
from scheduling.models import Resource, ResourceType
from scheduling.services import resource_types, resources

_PLAIN = ("name", "kind", "status", "criticality", "external_id", "description", "time_zone")


def take_resources(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Create or change each resource after the one it stands below, wherever that stands in the file."""
    pending = list(rows)
    names = _names(pending)
    done: set[int] = set()
    for row in pending:
        for next_row in _parents_first(row, names, done):
            try:
                yield Outcome(next_row, _take(next_row, work))
            except DomainError as error:
                yield work.rejected(next_row, error)


def _names(rows: list[Row]) -> dict[str, Row]:
    """What the rows may be called by as parents; codes win over external ids, and these over names."""
    found: dict[str, Row] = {}
    for key in ("code", "external_id", "name"):
        for row in rows:
            if text := row.texts.get(key):
                found.setdefault(text, row)
    return found


def _parents_first(row: Row, names: dict[str, Row], done: set[int]) -> list[Row]:
    """The row with those of its ancestors that have not been taken, topmost first. A circle ends the climb."""
    chain: list[Row] = []
    current: Row | None = row
    while current is not None and current.line not in done:
        done.add(current.line)
        chain.append(current)
        current = names.get(current.texts.get("parent", ""))
    return chain[::-1]


def _take(row: Row, work: Work) -> State:
    values = work.reader.values(row)
    lookups = work.lookups
    existing = _existing(values, lookups)
    if existing is not None:
        work.claim(existing.pk, row)
    wanted: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    if "parent" in values:
        wanted["parent"] = lookups.resource(values["parent"], "parent")
    if "owner" in values:
        wanted["owner"] = lookups.person(values["owner"], "owner")
    if "type" in values:
        wanted["type"] = _type(values["type"], work)
    type_ = wanted.get("type", existing.type if existing else None)
    attributes = {
        name.removeprefix(ATTRIBUTE): value
        for name, value in values.items()
        if name.startswith(ATTRIBUTE)
    }
    if attributes:
        merged = {**(existing.attributes if existing else {}), **attributes}
        wanted["attributes"] = resources.checked_attributes(type_, merged)
    if existing is None:
        return _create(row, values, wanted, work)
    if values.get("code"):
        wanted["code"] = values["code"]
    changes = differing(existing, wanted)
    if not changes:
        return State.UNCHANGED
    _refresh(changes.get("parent"))
    fresh = Resource.objects.select_related("type", "parent").get(pk=existing.pk)
    resources.update_resource(fresh, changes, by=work.by, now=work.now)
    for name, value in changes.items():
        setattr(existing, name, value)
    lookups.add_resource(existing)
    return State.CHANGED


def _existing(values: dict[str, Any], lookups: Lookups) -> Resource | None:
    """By external id first, so that it may be given another code; without both, by the code made of its name."""
    found = lookups.by_key("external_id", values.get("external_id", ""))
    return found or lookups.by_key("code", _code(values))


def _code(values: dict[str, Any]) -> str:
    return str(values.get("code") or values.get("external_id") or values.get("name", ""))[:60]


def _create(row: Row, values: dict[str, Any], wanted: dict[str, Any], work: Work) -> State:
    code = _code(values)
    if not code:
        raise Invalid("A resource needs a code or a name.", field="code")
    _refresh(wanted.get("parent"))
    resource = Resource(**{"name": code, **wanted, "code": code})
    resources.create_resource(resource, by=work.by, now=work.now)
    work.claim(resource.pk, row)
    work.lookups.add_resource(resource)
    return State.CREATED


def _refresh(parent: Resource | None) -> None:
    """A parent may have been moved by an earlier row, and the path of what stands below follows from its own."""
    if parent is not None:
        parent.refresh_from_db(fields=["path", "effective_time_zone"])


def _type(text: str, work: Work) -> ResourceType:
    """The type called so; made when the import was allowed to, with the attributes that the file brings."""
    found = work.lookups.find_type(text)
    if found is not None:
        return found
    if not work.options.create_types:
        raise Invalid(
            f"There is no resource type “{text}”. Create it, or let the import create types.",
            field="type",
        )
    keys = {
        name.removeprefix(ATTRIBUTE): column
        for column, name in work.options.mapping.items()
        if name.startswith(ATTRIBUTE)
    }
    made = resource_types.create_resource_type(
        ResourceType(
            code=slugify(text)[:50] or attribute_key(text),
            name=text[:100],
            attribute_fields=[
                {"key": key, "label": column[:100], "type": "text"} for key, column in keys.items()
            ],
        ),
        by=work.by,
        now=work.now,
    )
    work.lookups.add_type(made)
    return made
