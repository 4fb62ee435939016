"""Whose rows are in reach. Nothing is in reach until somebody says whose."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID


class TenantScopeMissing(RuntimeError):
    """Rows of an organisation were touched although no organisation was chosen."""


class CrossTenantWrite(RuntimeError):
    """A row was about to be written into, or to point at, another organisation."""


@dataclass(frozen=True, slots=True)
class AllTenants:
    """Every organisation's rows are in reach, for the stated reason."""

    reason: str


Item = TypeVar("Item")
Scope = UUID | AllTenants | None
Resolver = Callable[[], Scope]

_scope: ContextVar[Scope | Resolver] = ContextVar("tenant_scope", default=None)


def current_scope() -> Scope:
    """The organisation in reach, AllTenants, or None when nothing is."""
    scope = _scope.get()
    return scope() if callable(scope) else scope


def current_organization_id() -> UUID | None:
    """The organisation in reach; None outside a scope and under `all_tenants`."""
    scope = current_scope()
    return scope if isinstance(scope, UUID) else None


def enter_scope(organization_id: UUID | Resolver | None) -> Token[Scope | Resolver]:
    """Choose the organisation until `leave_scope(token)`.

    For doors that cannot use a `with` block, such as API authentication: the scope middleware
    restores the former scope when the request ends. A function is asked anew at each use.
    """
    return _scope.set(organization_id)


def leave_scope(token: Token[Scope | Resolver]) -> None:
    _scope.reset(token)


@contextmanager
def tenant_scope(organization_id: UUID | str) -> Iterator[UUID]:
    """Inside, queries see only rows of this organisation and inserts go into it."""
    chosen = organization_id if isinstance(organization_id, UUID) else UUID(str(organization_id))
    token = _scope.set(chosen)
    try:
        yield chosen
    finally:
        _scope.reset(token)


@contextmanager
def all_tenants(*, reason: str) -> Iterator[None]:
    """Inside, queries see every organisation; inserts must name theirs."""
    if not reason.strip():
        raise ValueError("all_tenants() needs a reason.")
    token = _scope.set(AllTenants(reason))
    try:
        yield
    finally:
        _scope.reset(token)


def keep_scope(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each made in the scope of now: for streams that outlive their request."""
    scope = current_scope()
    source = iter(items)

    def steps() -> Iterator[Item]:
        while True:
            token = _scope.set(scope)
            try:
                item = next(source)
            except StopIteration:
                return
            finally:
                _scope.reset(token)
            yield item

    return steps()
