"""What Ctrl+K finds: the resources, schedules and work orders that the person may see, and the lists with more."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from accounts.rights import Right, has_right
from core.features import scheduling_enabled
from scheduling.models import Resource, Schedule
from worklogs.models import WorkOrder

_MOST = 6


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """The best few of each kind, then where to look on; never empty."""
    user, term = request.user, term.replace("\x00", "")
    found: list[SearchResult] = []
    if has_right(user, Right.RESOURCE_VIEW):  # type: ignore[arg-type]
        found += _resources(request, term)
        found.append(_list("Resources", "scheduling_resource", "account_tree", term))
    if has_right(user, Right.SCHEDULE_VIEW) and scheduling_enabled(user):  # type: ignore[arg-type]
        found += _schedules(request, term)
        found.append(_list("Schedules", "scheduling_schedule", "event_repeat", term))
    if has_right(user, Right.WORK_ORDER_VIEW):  # type: ignore[arg-type]
        found += _orders(request, term)
        found.append(_list("Work orders", "worklogs_workorder", "assignment", term))
    return found


def _resources(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    rows = Resource.objects.visible_to(request.user).filter(  # type: ignore[arg-type]
        Q(name__icontains=term) | Q(code__icontains=term)
    )
    for row in rows.order_by("name", "pk")[:_MOST]:
        address = reverse("admin:resource_detail", args=[row.pk])
        yield SearchResult(row.name, f"Resource {row.code}", address, "account_tree")


def _schedules(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    rows = Schedule.objects.visible_to(request.user).kept().filter(title__icontains=term)  # type: ignore[arg-type]
    for row in rows.select_related("resource", "resource_type").order_by("title", "pk")[:_MOST]:
        on = row.resource.name if row.resource else f"every {row.resource_type}"
        address = reverse("admin:schedule_detail", args=[row.pk])
        yield SearchResult(row.title, f"Schedule, {on}", address, "event_repeat")


def _orders(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    among = WorkOrder.objects.visible_to(request.user).order_by("-number")  # type: ignore[arg-type]
    rows = among.finding(term).first(_MOST)
    for row in rows.select_related("resource")[:_MOST]:
        told = f"Work order, {row.get_status_display().lower()}, {row.resource.name}"
        address = reverse("admin:work_order_detail", args=[row.pk])
        yield SearchResult(f"#{row.number} {row.title}", told, address, "assignment")


def _list(title: str, name: str, icon: str, term: str) -> SearchResult:
    address = f"{reverse(f'admin:{name}_changelist')}?{urlencode({'q': term})}"
    return SearchResult(f"{title} with “{term}”", "All of them in the list", address, icon)
