"""Filters of the list of work orders."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Team
from accounts.zones import zone_name_of
from scheduling.admin.filters import BelowFilter, is_id
from scheduling.rules import zones
from worklogs import states
from worklogs.models import Vendor, WorkOrder
from worklogs.rules.search import number_in

_MOST_CHOICES = 100
_MINE = "mine"
Narrow = Callable[[Any, datetime], Any]
#: What the clock says, beside the states themselves.
_COMPUTED: dict[str, tuple[str, Narrow]] = {
    "overdue": ("Overdue", lambda rows, now: rows.overdue(now=now)),
    "delayed": ("Delayed", lambda rows, now: rows.delayed(now=now)),
    "pending": ("Pending: nobody assigned", lambda rows, now: rows.pending()),
    "parts": (
        "On hold for parts",
        lambda rows, now: rows.filter(status=states.ON_HOLD, hold_kind=WorkOrder.HoldKind.PARTS),
    ),
}
_REST: dict[str, tuple[str, Narrow]] = {
    "ended": ("Done or closed", lambda rows, now: rows.ended()),
    "all": ("All", lambda rows, now: rows),
}
#: Read backwards, newest first.
OVER = frozenset({"ended", "all", *states.WORK_ORDER.states}) - set(states.OPEN)


class StandingFilter(SimpleListFilter):
    """What is open, unless something else is asked for; a number finds its order wherever it stands."""

    title, parameter_name = "status", "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states, and what the clock says."""
        words = WorkOrder.Status
        return [
            *((name, text) for name, (text, _) in _COMPUTED.items()),
            *((name, str(words(name).label)) for name in words.values),
            *((name, text) for name, (text, _) in _REST.items()),
        ]

    def choices(self, changelist: Any) -> Any:
        """The first choice is not “All” here."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows that stand so now."""
        value = self.value() or ""
        if value in states.WORK_ORDER.states:
            return queryset.filter(status=value)
        if value in (known := {**_COMPUTED, **_REST}):
            return known[value][1](queryset, timezone.now())
        return queryset if number_in(request.GET.get("q", "")) else queryset.open()


class _OneOfFilter(SimpleListFilter):
    """By one of a few rows of the organisation, which the order names in the field of the parameter's name."""

    rows: Callable[[], Any]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By name."""
        rows = type(self).rows().order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in rows[:_MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The orders that name it."""
        chosen = {str(self.parameter_name): self.value()}
        return queryset.filter(**chosen) if is_id(self.value()) else queryset


class TeamFilter(_OneOfFilter):
    """By the team that the work was given to."""

    title = parameter_name = "team"
    rows = staticmethod(lambda: Team.objects.all())

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One's own before the others."""
        found = super().lookups(request, model_admin)
        return [(_MINE, "My teams"), *found] if found else found

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The orders that name it."""
        if self.value() == _MINE:
            return queryset.for_teams_of(request.user)
        return super().queryset(request, queryset)


class VendorFilter(_OneOfFilter):
    """By the company that does the work, of those that are active."""

    title = parameter_name = "vendor"
    rows = staticmethod(lambda: Vendor.objects.active())


class DueFilter(SimpleListFilter):
    """By the day on which it is due, in the viewer's zone."""

    title, parameter_name = "due", "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Days from today on."""
        return [
            ("past", "Before today"),
            ("today", "Today"),
            ("tomorrow", "Tomorrow"),
            ("week", "Next 7 days"),
            ("month", "Next 30 days"),
            ("none", "No due date"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows due on these days."""
        days = {"today": (0, 1), "tomorrow": (1, 2), "week": (0, 7), "month": (0, 30)}
        zone = zone_name_of(request.user)
        today = zones.local_date(timezone.now(), zone)
        value = self.value() or ""
        if value == "past":
            return queryset.filter(due_at__lt=zones.start_of_day(today, zone))
        if value == "none":
            return queryset.filter(due_at=None)
        if value not in days:
            return queryset
        low, high = (zones.start_of_day(today + timedelta(days=n), zone) for n in days[value])
        return queryset.filter(due_at__gte=low, due_at__lt=high)


class PlaceFilter(BelowFilter):
    """On a resource at the top of the tree or on anything below it."""

    title = "resource"
