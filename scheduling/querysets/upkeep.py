"""Resources, schedules and what is due."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from accounts.rights import Role
from core.querysets import TenantQuerySet, lean
from scheduling import states

if TYPE_CHECKING:
    from accounts.models import User

_WHOLE_ORGANIZATION = frozenset({Role.SUPER_ADMIN, Role.EXECUTIVE_ADMIN, Role.ADMIN})
_STATE_COLUMNS = (
    "id",
    "organization_id",
    "schedule_id",
    "resource_id",
    "position",
    "baseline_on",
    "last_done_at",
    "joined_at",
)
_STORED_COLUMNS = ("next_due_at", "next_due_key", "overdue_at", "attention_at")
_SCHEDULE_COLUMNS = (
    *("resource_id", "assigned_to_id"),
    *(
        "frequency",
        "interval",
        "interval_unit",
        "rrule",
        "exdates",
        "basis",
        "overflow",
        "start_at",
        "until",
    ),
    *("tolerance_days", "tolerance_percent", "backlog", "lead_days", "advance_notice_days"),
    *("is_active", "deleted_at"),
)
_RESOURCE_COLUMNS = ("status", "owner_id", "effective_time_zone")
_SCHEDULE_NAMES = ("organization_id", "title", "resource_type_id", "pause_reason")
_RESOURCE_NAMES = ("organization_id", "code", "name")
_PERSONAL = frozenset({Role.MAINTENANCE_COORDINATOR, Role.TECHNICIAN})


def below_entrusted(user: "User", path: str) -> Q:
    """The subtrees entrusted to a venue admin, as a condition on the resource path column `path`."""
    condition = Q(pk__in=[])
    for entrusted in user.entrustments.values_list("resource__path", flat=True):
        condition |= Q(**{f"{path}__within": entrusted})
    return condition


def tops(user: "User") -> list[str] | None:
    """The paths of what is entrusted to a venue admin, or owned by a requester; None for who sees everything."""
    role = Role(user.role)
    if role == Role.VENUE_ADMIN:
        return list(user.entrustments.values_list("resource__path", flat=True))
    if role == Role.REQUESTER:
        return list(user.owned_resources.values_list("path", flat=True))
    return None


class ResourceQuerySet(TenantQuerySet[Any]):
    """Resources of the organisation in scope."""

    def visible_to(self, user: "User") -> "ResourceQuerySet":
        """Administrators and maintenance staff: all; venue admins: their subtrees; requesters: what they own."""
        role = Role(user.role)
        if role in _WHOLE_ORGANIZATION or role in _PERSONAL:
            return self.all()
        if role == Role.VENUE_ADMIN:
            return self.filter(below_entrusted(user, "path"))
        return self.filter(owner=user)

    def in_service(self) -> "ResourceQuerySet":
        """Not retired."""
        return self.exclude(status="retired")

    def named_like(self, text: str) -> "ResourceQuerySet":
        """Name or code contains the text."""
        return self.filter(Q(name__icontains=text) | Q(code__icontains=text))

    def subtree(self, path: str) -> "ResourceQuerySet":
        """The resource at `path` and everything below it."""
        return self.filter(path__within=path)


class ScheduleQuerySet(TenantQuerySet[Any]):
    """Schedules of the organisation in scope."""

    def kept(self) -> "ScheduleQuerySet":
        """Not deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> "ScheduleQuerySet":
        """Deleted, restorable."""
        return self.filter(deleted_at__isnull=False)

    def visible_to(self, user: "User") -> "ScheduleQuerySet":
        """Administrators: all; venue admins: their subtrees; staff: assigned to them; others: on what they own."""
        role = Role(user.role)
        if role in _WHOLE_ORGANIZATION:
            return self.all()
        if role in _PERSONAL:
            return self.filter(assigned_to=user)
        due_states = self.model._meta.get_field("due_states").related_model.objects
        states_of = due_states.filter(schedule=OuterRef("pk"))
        if role == Role.VENUE_ADMIN:
            return self.filter(Exists(states_of.filter(below_entrusted(user, "resource__path"))))
        return self.filter(Exists(states_of.filter(resource__owner=user)))

    def changeable_by(self, user: "User") -> "ScheduleQuerySet":
        """What `user` may edit: visible, and for a venue admin no schedule that reaches beyond the entrusted."""
        visible = self.visible_to(user)
        return (
            visible.filter(resource__isnull=False)
            if Role(user.role) == Role.VENUE_ADMIN
            else visible
        )

    def overdue(self, *, now: datetime) -> "ScheduleQuerySet":
        """Past the tolerance of their earliest open date."""
        return self.kept().filter(overdue_at__lte=now)

    def upcoming(self, start: datetime, end: datetime) -> "ScheduleQuerySet":
        """Next due in `[start, end)`."""
        return self.kept().filter(next_due_at__gte=start, next_due_at__lt=end)


class DueStateQuerySet(TenantQuerySet[Any]):
    """Due states of the organisation in scope."""

    def visible_to(self, user: "User") -> "DueStateQuerySet":
        """Like the schedules they belong to, narrowed to the resources the person may see."""
        role = Role(user.role)
        if role in _WHOLE_ORGANIZATION:
            return self.all()
        if role in _PERSONAL:
            return self.filter(schedule__assigned_to=user)
        if role == Role.VENUE_ADMIN:
            return self.filter(below_entrusted(user, "resource__path"))
        return self.filter(resource__owner=user)

    def for_engine(self) -> "DueStateQuerySet":
        """With everything the due engine reads."""
        return self.select_related("schedule", "resource").only(
            *_STATE_COLUMNS,
            *_STORED_COLUMNS,
            *(
                f"schedule__{name}"
                for name in (*_SCHEDULE_COLUMNS, *_SCHEDULE_NAMES, "next_due_at", "overdue_at")
            ),
            *(f"resource__{name}" for name in (*_RESOURCE_COLUMNS, *_RESOURCE_NAMES)),
        )

    def engine_rows(self) -> list[Any]:
        """The same for thousands of rows, with no more than deciding takes."""
        related = {"schedule": _SCHEDULE_COLUMNS, "resource": _RESOURCE_COLUMNS}
        return list(lean.instances(self, (*_STATE_COLUMNS, "next_due_key"), related))

    def needing_attention(self, *, now: datetime) -> "DueStateQuerySet":
        """What the due check has to look at, longest waiting first."""
        return self.filter(attention_at__lte=now).order_by("attention_at", "pk")

    def due_in(self, start: datetime, end: datetime) -> "DueStateQuerySet":
        """Next due in `[start, end)`."""
        return self.filter(next_due_at__gte=start, next_due_at__lt=end)

    def overdue(self, *, now: datetime) -> "DueStateQuerySet":
        """Open past the tolerance."""
        return self.filter(overdue_at__lte=now)


class OccurrenceQuerySet(TenantQuerySet[Any]):
    """Dates that have a row."""

    def visible_to(self, user: "User") -> "OccurrenceQuerySet":
        """Like the due states."""
        role = Role(user.role)
        if role in _WHOLE_ORGANIZATION:
            return self.all()
        if role in _PERSONAL:
            return self.filter(schedule__assigned_to=user)
        if role == Role.VENUE_ADMIN:
            return self.filter(below_entrusted(user, "resource__path"))
        return self.filter(resource__owner=user)

    def kept(self) -> "OccurrenceQuerySet":
        """Of schedules that are not deleted.

        Looked up among the few that are, by the index of who deleted them: a join would read all schedules for them.
        """
        schedules = self.model._meta.get_field("schedule").related_model.objects
        deleted = schedules.deleted().filter(deleted_by__isnull=False, pk=OuterRef("schedule"))
        return self.filter(~Exists(deleted))

    def open(self) -> "OccurrenceQuerySet":
        """Due and neither done nor closed otherwise."""
        return self.filter(status=states.OPEN)

    def pending(self) -> "OccurrenceQuerySet":
        """Open, or planned by hand."""
        return self.filter(status__in=[states.OPEN, states.PLANNED])

    def overdue(self, *, now: datetime) -> "OccurrenceQuerySet":
        """Open past the tolerance."""
        return self.open().filter(overdue_at__lte=now)

    def in_window(self, start: datetime, end: datetime) -> "OccurrenceQuerySet":
        """Due in `[start, end)`."""
        return self.filter(due_at__gte=start, due_at__lt=end)


class DueCheckRunQuerySet(TenantQuerySet[Any]):
    """Runs of the due check."""

    def visible_to(self, user: "User") -> "DueCheckRunQuerySet":
        """Whoever may see runs sees those of the organisation."""
        return self.all()

    def abandoned(self, *, now: datetime) -> "DueCheckRunQuerySet":
        """Started, unfinished, and their worker's lease is over."""
        return self.filter(finished_at=None, lease_until__lte=now)

    def claim(self, pk: object, *, now: datetime, lease_until: datetime) -> bool:
        """Take over an abandoned run; one caller's UPDATE matches."""
        return self.abandoned(now=now).filter(pk=pk).update(lease_until=lease_until) == 1


__all__ = [
    "DueCheckRunQuerySet",
    "DueStateQuerySet",
    "OccurrenceQuerySet",
    "ResourceQuerySet",
    "ScheduleQuerySet",
]
