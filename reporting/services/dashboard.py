"""What needs a person now: bounded lists and figures, a fixed number of queries whatever the size of the organisation.

Nothing counts a whole table: figures stop at `MOST_COUNTED`, and the pages then say "1,000+".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.zones import home_zone_name
from accounts.zones import zone_name_of as zone_of
from core.rules.moments import away, day_and_time, overdue_by
from scheduling.models import DueCheckRun, DueState, Resource, Schedule
from scheduling.rules import zones
from scheduling.services.wording import DEFINITION, rule_text_of
from worklogs.models import Log

if TYPE_CHECKING:
    from accounts.models import User

MOST_COUNTED = 1_000
_LISTED = 6
#: How many of the next dates are looked through for those that nobody is told about.
_LOOKED_AT = 2_000


_SHOWN = (
    *("next_due_at", "next_due_key", "schedule__title", "schedule__priority"),
    *("schedule__resource", "schedule__assigned_to__name"),
    *(f"schedule__{name}" for name in DEFINITION),
    *("resource__name", "resource__effective_time_zone", "resource__owner__name"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One due date, ready to be shown to one person."""

    schedule_id: UUID
    resource_id: UUID
    occurrence: str
    title: str
    resource: str
    rule: str
    assignee: str
    due_at: datetime
    shown: str
    hint: str
    priority: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A count that stops at `MOST_COUNTED`."""

    count: int

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST_COUNTED

    def __str__(self) -> str:
        return f"{MOST_COUNTED:,}+" if self.more else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Part:
    """The first items of a list, and how many there are."""

    items: list[Item]
    figure: Figure


@dataclass(frozen=True, slots=True)
class Overview:
    """The dates that concern a person; `untold` have neither an assignee nor an owner who is active."""

    overdue: Part
    today: Part
    week: Part
    untold: Part

    @property
    def is_quiet(self) -> bool:
        """Nothing is due in sight."""
        return not (self.overdue.items or self.today.items or self.week.items)


def overview(user: "User", *, now: datetime) -> Overview:
    """What is overdue, due today and in the next seven days, in the person's zone."""
    zone = zone_of(user)
    tomorrow = zones.start_of_day(zones.local_date(now, zone) + timedelta(days=1), zone)
    week_end = zones.start_of_day(zones.local_date(now, zone) + timedelta(days=8), zone)
    states = DueState.objects.visible_to(user)
    late = states.filter(next_due_at__lt=now).overdue(now=now)
    today = states.filter(next_due_at__lt=tomorrow, overdue_at__gt=now)
    ahead = states.due_in(tomorrow, week_end)
    next_dates = states.filter(next_due_at__lt=week_end).order_by("next_due_at")[:_LOOKED_AT]
    untold = (
        DueState.objects.filter(pk__in=next_dates.values("pk"))
        .exclude(schedule__assigned_to__is_active=True)
        .exclude(resource__owner__is_active=True)
    )
    keys = [_first_keys(rows) for rows in (late, today, ahead, untold)]
    found = _rows({key for part in keys for key in part[:_LISTED]})
    clocks = {"zone": zone, "home": home_zone_name(user)}
    parts = [
        Part(
            [_item(found[key], **clocks, now=now, late=rows is late) for key in part[:_LISTED]],
            Figure(len(part)),
        )
        for part, rows in zip(keys, (late, today, ahead, untold), strict=True)
    ]
    return Overview(*parts)


def _first_keys(rows: Any) -> list[UUID]:
    """The soonest, as many as are counted: one walk along the index gives the list and its figure."""
    return list(rows.order_by("next_due_at", "pk").values_list("pk", flat=True)[: MOST_COUNTED + 1])


def _rows(keys: set[UUID]) -> dict[UUID, DueState]:
    """What the lists show, joined for these few rows only."""
    related = DueState.objects.filter(pk__in=keys).select_related(
        "schedule__assigned_to", "resource__owner"
    )
    return {state.pk: state for state in related.only(*_SHOWN)}


def _item(state: DueState, *, zone: str, home: str, now: datetime, late: bool) -> Item:
    schedule, resource = state.schedule, state.resource
    due_at = state.next_due_at or now
    hint = overdue_by(due_at, now=now, zone=zone) if late else away(due_at, now=now, zone=zone)
    rule_zone = resource.effective_time_zone if schedule.resource_id else home
    return Item(
        schedule_id=schedule.pk,
        resource_id=resource.pk,
        occurrence=state.next_due_key,
        title=schedule.title,
        resource=resource.name,
        rule=rule_text_of(vars(schedule), rule_zone).partition(", from ")[0],
        assignee=str(schedule.assigned_to or resource.owner or ""),
        due_at=due_at,
        shown=day_and_time(due_at, zone),
        hint=hint,
        priority=schedule.priority,
    )


def recent_logs(user: "User") -> list[Log]:
    """The work that was done last."""
    rows = Log.objects.visible_to(user).effective().titled()
    related = rows.select_related("schedule", "resource", "performed_by").only(
        *("performed_at", "issues_found", "schedule__title", "resource__name"),
        "performed_by__name",
    )
    return list(related.order_by("-performed_at", "-pk")[:6])


def last_check(user: "User") -> DueCheckRun | None:
    """The due check that finished last."""
    runs = DueCheckRun.objects.visible_to(user).filter(finished_at__isnull=False)
    run: DueCheckRun | None = runs.order_by("-started_at").first()
    return run


@dataclass(frozen=True, slots=True)
class Beginning:
    """How far an organisation has come with its set-up."""

    has_resources: bool
    has_schedules: bool


def beginning(user: "User") -> Beginning:
    """Asked only when nothing is due: is the organisation new, or is everything done?"""
    return Beginning(
        Resource.objects.visible_to(user).exists(),
        Schedule.objects.visible_to(user).kept().exists(),
    )
