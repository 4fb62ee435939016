"""Querysets and managers that refuse to work outside a tenant scope.

The guard is an allow-list: outside a scope a queryset is replaced by a closed one on which every
attribute that is not named in `_OPEN` raises, so that methods Django adds later are refused too.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from core import tenant_guard
from core.tenancy import AllTenants, CrossTenantWrite, TenantScopeMissing, current_scope

Row = TypeVar("Row", bound=models.Model, covariant=True)


class TenantQuerySet(models.QuerySet[Row, Row]):
    """Rows of one organisation; writes are checked as TenantModel.save checks them."""

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
        *,
        check_foreign_keys: bool = True,
    ) -> list[Any]:
        """As Django's. `check_foreign_keys=False` is for rows built from scoped querysets."""
        rows = list(objs)
        tenant_guard.require_scope(self.model)
        for row in rows:
            tenant_guard.adopt_scope(row)
        if check_foreign_keys:
            tenant_guard.check_foreign_keys(rows)
        if update_conflicts:
            self._refuse_foreign_upsert(unique_fields or (), update_fields or ())
        return super().bulk_create(
            rows, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
        )

    def bulk_update(
        self,
        objs: Iterable[Any],
        fields: Iterable[str],
        batch_size: int | None = None,
        *,
        check_foreign_keys: bool = True,
    ) -> int:
        """As Django's. `check_foreign_keys=False` is for values from scoped querysets."""
        rows, names = list(objs), list(fields)
        for row in rows:
            tenant_guard.adopt_scope(row)
        if check_foreign_keys:
            tenant_guard.check_foreign_keys(rows, names)
        return super().bulk_update(rows, names, batch_size)

    def bulk_rewrite(
        self, rows: Sequence[Any], fields: Sequence[str], *, batch_size: int = 1000
    ) -> None:
        """Write `fields` of rows that were loaded in this transaction, in one statement per batch.

        An upsert on the primary key: several times faster than `bulk_update`, on both databases.
        """
        for row in rows:
            tenant_guard.adopt_scope(row)
        super().bulk_create(
            rows, batch_size, update_conflicts=True, update_fields=fields, unique_fields=["id"]
        )

    def update(self, **kwargs: Any) -> int:
        """As Django's, but rows keep their organisation and point at its rows only."""
        tenant_guard.require_scope(self.model)
        tenant_guard.check_assignments(self.model, kwargs)
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]
    bulk_create.alters_data = True  # type: ignore[attr-defined]
    bulk_update.alters_data = True  # type: ignore[attr-defined]
    bulk_rewrite.alters_data = True  # type: ignore[attr-defined]

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        """Hand-written SQL knows no scope, so it needs `all_tenants` and its own condition."""
        if not isinstance(current_scope(), AllTenants):
            raise TenantScopeMissing("raw() works under all_tenants() only.")
        return super().raw(*args, **kwargs)

    def _refuse_foreign_upsert(self, unique: Collection[str], update: Collection[str]) -> None:
        """An upsert may only meet rows of its own organisation, and may not move them."""
        if isinstance(current_scope(), AllTenants):
            return
        owned = {tenant_guard.OWNER} | {
            field.name for field in tenant_guard.tenant_foreign_keys(self.model)
        }
        if tenant_guard.OWNER in update or not owned.intersection(unique):
            raise CrossTenantWrite(
                f"An upsert of {self.model.__name__} could change another organization's row."
            )


class TenantManager(models.Manager[Row]):
    """The manager of every tenant model: scoped, and closed when there is no scope."""

    _queryset_class = TenantQuerySet

    def get_queryset(self) -> Any:
        return _rows_in_scope(super().get_queryset())


class ReachableManager(TenantManager[Row]):
    """For `base_manager_name`: also finds rows that `Model.shared_rows` opens to every organisation.

    It lets a log show who performed it when that person belongs to the operator of the install.
    """

    def get_queryset(self) -> Any:
        queryset = models.Manager.get_queryset(self)
        return _rows_in_scope(queryset, shared=getattr(self.model, "shared_rows", None))


def in_scope(queryset: Any) -> Any:
    """The queryset limited to the organisation in reach, or closed when none is."""
    scope = current_scope()
    if scope is None:
        kind: Any = type(queryset)
        return closed(kind)(model=queryset.model, using=queryset._db, hints=queryset._hints)
    return queryset if isinstance(scope, AllTenants) else queryset.filter(organization_id=scope)


def _rows_in_scope(rows: Any, *, shared: Q | None = None) -> Any:
    """As `in_scope` for all rows of a model; the condition is copied, as nearly every query begins with it."""
    scope = current_scope()
    if scope is None or isinstance(scope, AllTenants):
        return in_scope(rows)
    kind: Any = type(rows)
    limited = _limited(kind, rows.model, scope, shared)
    return kind(rows.model, limited.chain(), rows._db, rows._hints)


@lru_cache(maxsize=4096)
def _limited(kind: Any, model: type[models.Model], organization_id: UUID, shared: Q | None) -> Any:
    mine = Q(organization_id=organization_id)
    return kind(model).filter(mine if shared is None else mine | shared).query


class _Closed:
    """What still works outside a scope: asking again for the rows in reach, and no rows."""

    model: Any
    _db: Any
    _hints: Any
    _opens_as: type[TenantQuerySet[Any]]

    def all(self) -> Any:
        """Looks for a scope again: form and serializer fields are made at import, used in requests."""
        return _rows_in_scope(self._opens_as(model=self.model, using=self._db, hints=self._hints))

    def using(self, alias: str | None) -> Any:
        return _rows_in_scope(self._opens_as(model=self.model, using=alias, hints=self._hints))

    def none(self) -> Any:
        return self._opens_as(model=self.model, using=self._db, hints=self._hints).none()

    def __repr__(self) -> str:
        return f"<{self.model.__name__} rows outside a tenant scope>"

    def _clone(self) -> Self:
        return type(self)(model=self.model, using=self._db, hints=self._hints)  # type: ignore[call-arg]

    _chain = _clone


_OPEN = {"all", "using", "none", "as_manager", "db", "_clone", "_chain", "_add_hints"}
_OBJECT = set(dir(object)) - {"__reduce__", "__reduce_ex__", "__getstate__"}
_CLASS = {"__class_getitem__", "__deepcopy__", "__dict__", "__module__", "__weakref__"}


@cache
def closed(queryset_class: Any) -> Any:
    """The class that stands for `queryset_class` outside a scope."""
    if issubclass(queryset_class, _Closed):
        return queryset_class
    keep = _OPEN | _OBJECT | _CLASS
    refused: dict[str, Any] = {
        name: _refusal(queryset_class, name)
        for name in dir(queryset_class)
        if name not in keep and _works(queryset_class, name)
    }
    refused["_opens_as"] = queryset_class
    return type(f"Closed{queryset_class.__name__}", (_Closed, queryset_class), refused)


def _works(queryset_class: type, name: str) -> bool:
    """Whether the attribute does something, as against a plain value such as `__doc__`."""
    attribute = getattr(queryset_class, name)
    return callable(attribute) or hasattr(attribute, "__get__")


def _refusal(queryset_class: type, name: str) -> Any:
    def refuse(self: Any, *_: Any, **__: Any) -> Any:
        raise TenantScopeMissing(f"{self.model.__name__}: {name} was used outside a tenant scope.")

    is_property: Callable[..., Any] | Any = getattr(queryset_class, name)
    return (
        property(refuse, lambda self, value: refuse(self)) if not callable(is_property) else refuse
    )
