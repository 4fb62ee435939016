"""The status of a resource while a window's work is under way, and afterwards what it was before."""

from datetime import datetime
from typing import TYPE_CHECKING

from scheduling import states
from scheduling.models import Resource, Window
from scheduling.services import resources

if TYPE_CHECKING:
    from accounts.models import User


def begin(resource: Resource, *, by: "User | None", now: datetime) -> None:
    """Say that the resource is under maintenance, unless it is retired."""
    if resource.status != Resource.Status.RETIRED:
        status = {"status": Resource.Status.UNDER_MAINTENANCE}
        resources.update_resource(resource, status, by=by, now=now)


def give_back(window: Window, *, by: "User | None", now: datetime) -> None:
    """Restore the resource's status, unless another window still works on it or a person changed it meanwhile."""
    resource = Resource.objects.get(pk=window.resource_id)
    others = resource.windows.filter(status=states.IN_PROGRESS).exclude(pk=window.pk)
    if resource.status != Resource.Status.UNDER_MAINTENANCE or others.exists():
        return
    resources.update_resource(resource, {"status": window.former_status}, by=by, now=now)


def status_before(window: Window, resource: Resource) -> str:
    """What the resource goes back to: with two windows at work, what it was before the first."""
    others = resource.windows.filter(status=states.IN_PROGRESS).exclude(pk=window.pk)
    first = others.order_by("started_at").values_list("former_status", flat=True).first()
    return first or resource.status
