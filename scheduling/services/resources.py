"""Creating, changing, moving and removing resources."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from accounts.models import Organization
from core import outbox
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.services import records
from scheduling.models import DueState, Resource, ResourceType, Schedule
from scheduling.services import cases, conflicts, due_states, places, window_blocks
from scheduling.services.reach import check_active

if TYPE_CHECKING:
    from accounts.models import User

DEEPEST = 9
_PLACES = frozenset({"parent", "time_zone"})
_COVERAGE = frozenset({"type", "status"})
#: What others know a resource by, and how it stands.
_TOLD = ("code", "name", "external_id", "kind", "type_id", "status", "criticality", "parent_id")
RETIRED = "The resource was retired."


@transaction.atomic
def create_resource(resource: Resource, *, by: "User | None", now: datetime) -> Resource:
    """Add a resource to the tree; schedules for its type cover it from now on."""
    resource.pk = resource.pk or new_id()  # forms with rows below take the id away
    lock_tree(_organization_of(resource))
    if resource.parent is not None:
        conflicts.lock(resource.parent)
    _prepare(resource)
    check_active(resource.owner, "owner")
    records.create(resource, by=by, now=now)
    if resource.parent is not None:
        window_blocks.follow_place(resource, has_moved=False)
    _cover(resource, {resource.type_id}, by=by, now=now)
    _publish("created", resource, now=now)
    return resource


@transaction.atomic
def update_resource(
    resource: Resource, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Resource:
    """Change a resource. Moving it takes everything below along; a new zone moves its due dates."""
    lock_tree(_organization_of(resource))
    if "parent" in changes:
        conflicts.lock(*filter(None, (resource, changes["parent"])))
    # No key: rows that point here can be written meanwhile, so that checks and this never wait for each other.
    former = Resource.objects.select_for_update(of=("self",), no_key=True).get(pk=resource.pk)
    if (_PLACES | _COVERAGE) & set(changes):
        _lock_schedules(former, changes)
    records.catch_up(resource, former, changes)
    for name, value in changes.items():
        setattr(resource, name, value)
    _prepare(resource)
    if former.owner_id != resource.owner_id:
        check_active(resource.owner, "owner")
    placed = {
        name: getattr(resource, name)
        for name in ("path", "effective_time_zone", "kind", "attributes")
    }
    records.update(resource, {**changes, **placed}, by=by, now=now)
    if _PLACES & set(changes):
        _move_subtree(former, resource, by=by, now=now)
    if former.path != resource.path:
        window_blocks.follow_place(resource, has_moved=True)
    if _COVERAGE & set(changes):
        _cover(resource, {former.type_id, resource.type_id}, by=by, now=now)
        if former.status == Resource.Status.RETIRED != resource.status:
            DueState.objects.filter(resource=resource).update(joined_at=now)
        if resource.status == Resource.Status.RETIRED:
            due_states.let_go(resource.occurrences.all(), by=by, now=now, reason=RETIRED)
        due_states.restand(DueState.objects.filter(resource=resource), by=by, now=now)
    _tell_change(former, resource, now=now)
    return resource


def _tell_change(former: Resource, resource: Resource, *, now: datetime) -> None:
    changed = [name for name in _TOLD if getattr(former, name) != getattr(resource, name)]
    if "name" in changed:
        places.renamed()
    if changed:
        _publish("changed", resource, changed, now=now)


def _publish(what: str, resource: Resource, changed: Sequence[str] = (), *, now: datetime) -> None:
    payload = {"resource_id": resource.pk, "changed": changed}
    outbox.publish(
        f"scheduling.resource.{what}", payload, organization_id=resource.organization_id, now=now
    )


@transaction.atomic
def delete_resource(resource: Resource, *, by: "User | None", now: datetime) -> None:
    """Remove a resource that nothing refers to; others are retired instead. Raises `Conflict`."""
    if resource.logs.exists() or resource.occurrences.exists():
        raise Conflict(
            f"{resource} has a history, which is kept. Set its status to retired instead.",
            code="still_used",
        )
    if resource.children.exists() or resource.schedules.exists():
        raise Conflict(
            f"{resource} still has resources below it or schedules. Move or delete them first.",
            code="still_used",
        )
    DueState.objects.filter(resource=resource).delete()
    records.delete(resource, by=by, now=now)


def lock_tree(organization_id: UUID) -> None:
    """Take the one lock over the organisation's tree until the transaction ends, before any other.

    Paths and zones follow from the rows above, so who places a resource must see what others have placed. On SQLite
    the transaction is the only one that writes anyway.
    """
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def _organization_of(resource: Resource) -> UUID:
    resource._adopt_missing()
    return resource.organization_id


def _lock_schedules(former: Resource, changes: Mapping[str, Any]) -> None:
    """Take every schedule lock that the change will need, in one go and so in order."""
    moved = Resource.objects.subtree(former.path)
    reached = DueState.objects.filter(resource__in=moved).values_list("schedule", flat=True)
    types = {former.type_id, getattr(changes.get("type"), "pk", None)} - {None}
    by_type = Schedule.objects.filter(resource_type__in=types).values_list("pk", flat=True)
    cases.lock({*reached, *by_type})


def _prepare(resource: Resource) -> None:
    """Fill what follows from other columns, and check the attributes against the type. Call with the tree's lock."""
    resource.kind = resource.kind or (resource.type.kind if resource.type else "other")
    resource.attributes = checked_attributes(resource.type, resource.attributes)
    # The parent may have moved since it was read. One that is gone is refused by the foreign key.
    if resource.parent_id is not None:
        resource.parent = Resource.objects.filter(pk=resource.parent_id).first() or resource.parent
    _place(resource)


def _place(resource: Resource) -> None:
    parent = resource.parent
    if parent is not None and f"{resource.pk.hex}/" in parent.path:
        raise Invalid(
            "A resource cannot stand below itself. Choose another parent.", field="parent"
        )
    if parent is not None and parent.depth >= DEEPEST:
        raise Invalid(
            f"The tree is at most {DEEPEST + 1} levels deep. Choose a parent further up.",
            field="parent",
        )
    resource.path = f"{parent.path if parent else ''}{resource.pk.hex}/"
    inherited = (
        parent.effective_time_zone
        if parent
        else Organization.objects.values_list("time_zone", flat=True).get(
            pk=resource.organization_id
        )
    )
    resource.effective_time_zone = resource.time_zone or inherited


def _move_subtree(
    former: Resource, resource: Resource, *, by: "User | None", now: datetime
) -> None:
    """Give everything below its new path and zone, and project the due dates that a new zone moves."""
    moved: dict[Any, Resource] = {resource.pk: resource}
    below = Resource.objects.subtree(former.path).exclude(pk=resource.pk).order_by("path")
    rezoned = [resource.pk] if former.effective_time_zone != resource.effective_time_zone else []
    rows = list(below)
    for row in rows:
        row.parent = moved[row.parent_id]
        zone = row.effective_time_zone
        _place(row)
        if row.effective_time_zone != zone:
            rezoned.append(row.pk)
        moved[row.pk] = row
    Resource.objects.bulk_rewrite(rows, ["path", "effective_time_zone"])
    due_states.restand(DueState.objects.filter(resource__in=rezoned), by=by, now=now)


def _cover(resource: Resource, types: set[Any], *, by: "User | None", now: datetime) -> None:
    for type_id in types:
        for schedule in due_states.schedules_of_type(type_id):
            due_states.synchronise(schedule, by=by, now=now)


def checked_attributes(type_: ResourceType | None, values: Any) -> dict[str, Any]:
    """The attributes in the form that the type declares. Raises `Invalid` with one sentence per attribute.

    Attributes that the type does not know are refused, so that a typing error does not vanish.
    """
    if not isinstance(values, dict):
        raise Invalid("Attributes are pairs of key and value.", field="attributes")
    fields = {field["key"]: field for field in (type_.attribute_fields if type_ else [])}
    if type_ is None:
        return values
    problems = [f"“{key}” is not an attribute of {type_}." for key in values if key not in fields]
    result: dict[str, Any] = {}
    for key, field in fields.items():
        value = values.get(key)
        if value in (None, ""):
            if field.get("required"):
                problems.append(f"“{field['label']}” is required.")
            continue
        try:
            result[key] = _typed(field, value)
        except (ValueError, ArithmeticError):
            problems.append(f"“{field['label']}”: {value!r} is not a {field['type']}.")
    if problems:
        raise Invalid(errors={"attributes": problems})
    return result


def _typed(field: Mapping[str, Any], value: Any) -> Any:
    kind = field["type"]
    if kind == "number":
        number = Decimal(str(value))
        if not number.is_finite():
            raise ValueError(value)
        return float(number) if number % 1 else int(number)
    if kind == "boolean":
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if str(value).lower() not in words:
            raise ValueError(value)
        return words[str(value).lower()]
    if kind == "date":
        return date.fromisoformat(str(value)).isoformat()
    if kind == "choice" and str(value) not in field.get("choices", []):
        raise ValueError(value)
    return str(value)
