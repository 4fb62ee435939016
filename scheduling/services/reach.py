"""How far a person's changes reach: venue admins act inside the venues entrusted to them, and nowhere else."""

from typing import TYPE_CHECKING
from uuid import UUID

from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from scheduling.models import Resource, ResourceType, Schedule

if TYPE_CHECKING:
    from accounts.models import User


def check_schedule(
    user: "User", *, resource: Resource | None, resource_type: ResourceType | None
) -> None:
    """Raise `NotAllowed` when a schedule for this target would reach beyond what was entrusted to `user`."""
    if Role(user.role) != Role.VENUE_ADMIN:
        return
    if resource_type is not None:
        raise NotAllowed(
            "A schedule for a whole type reaches beyond your venues. Choose a single resource."
        )
    if resource is not None and not Resource.objects.visible_to(user).filter(pk=resource.pk):
        raise NotAllowed("This resource is not in a venue entrusted to you.")


def check_change(user: "User", schedule: Schedule) -> None:
    """Raise `NotAllowed` when `user` sees the schedule but may not change it."""
    if not Schedule.objects.changeable_by(user).filter(pk=schedule.pk).exists():
        raise NotAllowed("This schedule reaches beyond your venues. Ask an administrator.")


def check_place(user: "User", parent: Resource | None) -> None:
    """Raise `NotAllowed` when `user` may not put a resource below `parent`."""
    if Role(user.role) != Role.VENUE_ADMIN:
        return
    if parent is None or not Resource.objects.visible_to(user).filter(pk=parent.pk):
        raise NotAllowed("Choose a parent inside a venue entrusted to you.", field="parent")


def check_active(person: "User | None", field: str) -> None:
    """Raise `Invalid` for somebody whose access has ended: nobody would hear of what comes due."""
    if person is not None and not person.is_active:
        raise Invalid(
            f"The access of {person} has ended. Choose somebody who is active.", field=field
        )


def resource_of(user: "User", schedule: Schedule, resource_id: UUID | None) -> UUID:
    """The resource on which a date of `schedule` is meant. Raises `Invalid` when it has to be named, or `Conflict`."""
    if resource_id is None and schedule.resource_id is not None:
        resource_id = schedule.resource_id
    if resource_id is None:
        raise Invalid(
            "This schedule is for several resources. Say for which one.", field="resource"
        )
    reached = Resource.objects.visible_to(user).filter(
        pk=resource_id, due_states__schedule=schedule
    )
    if not reached.exists():
        raise Conflict(
            "The schedule does not cover this resource.", code="not_covered", field="resource"
        )
    return resource_id
