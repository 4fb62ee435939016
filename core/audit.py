"""The audit trail: who did what to which object, with old and new values."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from core import correlation
from core.models import AuditEntry
from core.plain import plain
from core.tenancy import all_tenants, current_organization_id

Target = Model | tuple[str, Any, str]
Changes = dict[str, list[Any]]

_SECRET = re.compile(r"password|secret|token|hashed|(^|_)(api_?key|key_?hash)$|^key$|^contact_")
_HIDDEN = "(hidden)"


def record(
    action: str,
    target: Target | None,
    *,
    by: Any,
    now: datetime,
    changes: Mapping[str, Any] | None = None,
    organization_id: UUID | None = None,
) -> AuditEntry:
    """Write one entry. `by` is a user, or None when the system acts by itself.

    An `acting_through` of the user, such as the name of an API key, stands beside the name.
    The organisation is the given one, else the target's, else the one in reach, else none.
    """
    entry = _entry(action, target, changes or {}, by=by, now=now)
    entry.organization_id = organization_id or entry.organization_id
    with all_tenants(reason="sign-ins are recorded before anybody's organisation is known"):
        entry.save(force_insert=True)
    return entry


def record_many(
    action: str, changed: Iterable[tuple[Target, Mapping[str, Any]]], *, by: Any, now: datetime
) -> None:
    """The same for many objects of the organisation in scope with their changes, in one insert."""
    entries = [_entry(action, target, found, by=by, now=now) for target, found in changed]
    AuditEntry.objects.bulk_create(entries, batch_size=1_000)


def _entry(
    action: str, target: Target | None, changes: Mapping[str, Any], *, by: Any, now: datetime
) -> AuditEntry:
    object_type, object_id, object_label = _describe(target)
    return AuditEntry(
        organization_id=_organization_of(target) or current_organization_id(),
        at=now,
        actor_id=getattr(by, "pk", None),
        actor_label=_actor(by),
        action=action,
        object_type=object_type,
        object_id=object_id,
        object_label=object_label,
        changes=hide_secrets(plain(changes)),
        correlation_id=correlation.current(),
        address=correlation.client_address(),
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """The fields that differ, each with [old, new]; secrets show only that they changed."""
    found: Changes = {}
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = plain(before.get(name)), plain(after.get(name))
        if old != new:
            found[name] = [old, new]
    return hide_secrets(found)


def hide_secrets(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_HIDDEN, _HIDDEN] if _SECRET.search(name) else value for name, value in found.items()
    }


def _actor(by: Any) -> str:
    """The name, and what acted under it when it was not the person themselves."""
    name = str(by) if by is not None else ""
    through = getattr(by, "acting_through", "")
    return (f"{name}, by {through}" if through else name)[:200]


def _describe(target: Target | None) -> tuple[str, str, str]:
    if target is None:
        return "", "", ""
    if isinstance(target, Model):
        return target._meta.label_lower, str(target.pk), str(target)[:200]
    kind, identity, label = target
    return kind, str(identity or ""), str(label)[:200]


def _organization_of(target: Target | None) -> UUID | None:
    if not isinstance(target, Model):
        return None
    is_organization = target._meta.label_lower == "accounts.organization"
    owner: UUID | None = getattr(target, "pk" if is_organization else "organization_id", None)
    return owner
