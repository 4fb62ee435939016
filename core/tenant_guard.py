"""Checks that a row is written into the organisation in reach and points nowhere else."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from django.db.models import ForeignKey, Model
from django.db.models.signals import m2m_changed

from core.tenancy import AllTenants, CrossTenantWrite, TenantScopeMissing, current_scope

OWNER = "organization"
_IDS_PER_QUERY = 5_000  # below SQLite's limit on variables


@cache
def is_tenant_owned(model: Any) -> bool:
    return any(field.name == OWNER for field in model._meta.concrete_fields)


@cache
def tenant_foreign_keys(model: Any) -> tuple["ForeignKey[Any, Any]", ...]:
    """The foreign keys of `model` that point at rows of an organisation."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and field.name != OWNER
        and is_tenant_owned(field.remote_field.model)
    )


def require_scope(model: type[Model]) -> None:
    if current_scope() is None:
        raise TenantScopeMissing(f"{model.__name__} was used outside a tenant scope.")


def adopt_scope(row: Any) -> None:
    """Give a row without an organisation the one in reach; refuse a row of another one."""
    scope = current_scope()
    if scope is None:
        raise TenantScopeMissing(f"{type(row).__name__} was written outside a tenant scope.")
    if isinstance(scope, AllTenants):
        if row.organization_id is None and not row._meta.get_field(OWNER).null:
            raise CrossTenantWrite(
                f"{type(row).__name__} needs an explicit organization under all_tenants()."
            )
    elif row.organization_id is None:
        row.organization_id = scope
    elif row.organization_id != scope:
        raise CrossTenantWrite(f"{type(row).__name__} {row.pk} belongs to another organization.")


def check_foreign_keys(rows: Sequence[Any], names: Collection[str] | None = None) -> None:
    """Refuse rows that point at another organisation's rows, with at most one query per key.

    Keys whose row is loaded cost no query. `names` limits the check to these fields.
    """
    if not rows:
        return
    model: type[Model] = type(rows[0])
    for field in tenant_foreign_keys(model):
        if names is None or field.name in names or field.attname in names:
            _check_pairs(field, _unproven_pairs(field, rows))


def check_assignments(model: type[Model], values: dict[str, Any]) -> None:
    """The same for `update(**values)`: plain values of foreign keys, one query per unloaded key."""
    if OWNER in values or f"{OWNER}_id" in values:
        raise CrossTenantWrite("update() cannot move rows to another organization.")
    scope = current_scope()
    for field in tenant_foreign_keys(model):
        value = values.get(field.name, values.get(field.attname))
        if value is None or hasattr(value, "resolve_expression"):
            continue
        if isinstance(value, Model):
            if getattr(value, f"{OWNER}_id") == scope:
                continue
            value = getattr(value, field.target_field.attname)
        if not isinstance(scope, AllTenants):
            _check_pairs(field, {(value, scope)})


def _unproven_pairs(field: "ForeignKey[Any, Any]", rows: Iterable[Any]) -> set[tuple[Any, Any]]:
    """(key, organisation that points at it) for every key that no loaded row vouches for."""
    pairs: set[tuple[Any, Any]] = set()
    together: set[tuple[Any, Any]] = set()
    for row in rows:
        together.add((getattr(row, field.target_field.attname, None), row.organization_id))
        key = getattr(row, field.attname)
        loaded: Any = field.get_cached_value(row, default=None)
        if key is not None and (loaded is None or loaded.organization_id != row.organization_id):
            pairs.add((key, row.organization_id))
    return pairs - together if field.remote_field.model is field.model else pairs


def _check_pairs(field: "ForeignKey[Any, Any]", pairs: set[tuple[Any, Any]]) -> None:
    if not pairs:
        return
    target = field.remote_field.model
    name = field.target_field.attname
    convert = field.target_field.to_python
    pairs = {(convert(key), organization_id) for key, organization_id in pairs}
    keys = [key for key, _ in pairs]
    shared = getattr(target, "shared_rows", None)
    for start in range(0, len(keys), _IDS_PER_QUERY):
        reachable = target._base_manager.filter(
            **{f"{name}__in": keys[start : start + _IDS_PER_QUERY]}
        )
        pairs -= set(reachable.values_list(name, f"{OWNER}_id"))
        if pairs and shared is not None:
            free = set(reachable.filter(shared).values_list(name, flat=True))
            pairs = {(key, organization_id) for key, organization_id in pairs if key not in free}
    if pairs:
        raise CrossTenantWrite(
            f"{field.model.__name__}.{field.name} points at a row of another organization."
        )


def watch_many_to_many() -> None:
    """Refuse many-to-many links across organisations; Django writes them past every manager."""
    m2m_changed.connect(_check_links, dispatch_uid="core.tenancy.many_to_many")


def _check_links(
    sender: Any, *, instance: Any, action: str, model: type[Model], pk_set: Any, **_: Any
) -> None:
    holder: type[Model] = type(instance)
    if (
        action != "pre_add"
        or not pk_set
        or not (is_tenant_owned(model) and is_tenant_owned(holder))
    ):
        return
    rows = model._base_manager.filter(pk__in=pk_set, organization_id=instance.organization_id)
    if rows.count() != len(pk_set):
        raise CrossTenantWrite(
            f"{type(instance).__name__} cannot be linked to a row of another organization."
        )
