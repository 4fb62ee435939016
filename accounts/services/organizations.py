"""Organisations: founded by the operator, shaped by their administrators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from accounts.models import Organization, User
from accounts.rights import Right, Role, has_right
from accounts.services import calendars, users
from core import outbox
from core.errors import Invalid, NotAllowed
from core.services import records
from core.tenancy import tenant_scope

#: What administrators may set; the plan is the operator's to give (`may_give_plan`).
SETTINGS = (
    "name",
    "time_zone",
    "currency",
    "check_hour",
    "maintenance_scheduling_enabled",
    "windows_need_approval",
    "window_reminder_hours",
    "portal_enabled",
)


def create_organization(
    organization: Organization,
    *,
    email: str,
    administrator: str,
    password: str | None,
    by: User | None,
    now: datetime,
) -> User:
    """Found an organisation with its usual working hours and its first administrator, who is returned."""
    organization.slug = organization.slug or slugify(organization.name)[:80]
    if not organization.slug:
        raise Invalid("Choose a short name of Latin letters and digits.", field="slug")
    with transaction.atomic():
        records.create(organization, by=by, now=now)
        with tenant_scope(organization.pk):
            calendars.create_usual(by=by, now=now)
            person = User(
                organization=organization,
                email=email,
                name=administrator,
                role=Role.EXECUTIVE_ADMIN,
            )
            users.create_user(person, password=password, by=by, now=now)
        _publish(organization, "created", [], now=now)
    return person


def change_organization(
    organization: Organization, changes: Mapping[str, Any], *, by: User | None, now: datetime
) -> Organization:
    """Change settings. Whoever depends on them hears of `accounts.organization.changed`."""
    refused = set(changes) - {*SETTINGS, *(["plan"] if may_give_plan(by) else [])}
    if refused:
        raise Invalid("This cannot be changed here.", field=sorted(refused)[0])
    if (
        "maintenance_scheduling_enabled" in changes
        and by
        and not has_right(by, Right.FEATURE_SWITCH)
    ):
        raise NotAllowed("Your role does not include switching features.")
    with transaction.atomic():
        former = Organization.objects.select_for_update().get(pk=organization.pk)
        records.update(organization, changes, by=by, now=now)
        changed = [name for name in changes if getattr(former, name) != getattr(organization, name)]
        if changed:
            _publish(organization, "changed", changed, now=now)
    return organization


def may_give_plan(by: User | None) -> bool:
    """Whether this is the operator of the installation, or the installation itself."""
    return by is None or has_right(by, Right.ORGANIZATION_SWITCH)


def _publish(organization: Organization, what: str, changed: list[str], *, now: datetime) -> None:
    payload = {"organization_id": organization.pk, "changed": changed}
    outbox.publish(
        f"accounts.organization.{what}", payload, organization_id=organization.pk, now=now
    )
