"""Switches that an organisation sets for itself."""

from typing import Any

from django.apps import apps

from core.tenancy import current_organization_id


def scheduling_enabled(user: Any) -> bool:
    """Whether the organisation in reach has maintenance scheduling switched on.

    For people in their own organisation the loaded row answers; a platform operator may work in another.
    """
    organization_id = current_organization_id()
    if user.organization_id == organization_id:
        return bool(user.organization.maintenance_scheduling_enabled)
    organizations: Any = apps.get_model("accounts", "Organization")._default_manager
    found = organizations.filter(pk=organization_id, maintenance_scheduling_enabled=True)
    return bool(found.exists())
