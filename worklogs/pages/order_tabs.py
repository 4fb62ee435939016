"""What the tabs of a work order's page show."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.rights import Right, has_right
from core.models import Attachment
from core.rules.moments import day
from scheduling import states as using
from scheduling.admin.use import span
from scheduling.pages.tabs import Look, Tab
from scheduling.rules import zones
from worklogs.models import LaborEntry, WorkOrder, WorkOrderLink
from worklogs.pages import words
from worklogs.pages.lists import identity
from worklogs.pages.order_forms import workers
from worklogs.pages.order_words import BUTTONS
from worklogs.pages.places import places_context
from worklogs.rules import priority

TARGET = "work_order"
_MOST = 50
_LINKS = {
    (WorkOrderLink.Kind.BLOCKS, True): "Blocks",
    (WorkOrderLink.Kind.BLOCKS, False): "Is blocked by",
    (WorkOrderLink.Kind.FOLLOW_UP, True): "Is followed up by",
    (WorkOrderLink.Kind.FOLLOW_UP, False): "Follows up",
    (WorkOrderLink.Kind.RELATED, True): "Has to do with",
    (WorkOrderLink.Kind.RELATED, False): "Has to do with",
}
_SAID = {"report": "Reported", "generate": "Made from its schedule", "take": "Taken"}


def _details(seen: Look) -> dict[str, Any]:
    order: WorkOrder = seen.target
    return {
        "reasons": priority.in_words(order.priority_reasons.split()),
        "facts": _facts(order, seen),
        "found": [
            (label, text)
            for label, text in (
                ("What failed", order.failure_mode),
                ("Why it failed", order.cause),
                ("What helped", order.remedy),
            )
            if text
        ],
        **places_context(order, seen.user, zone=seen.zone),
        "window_span": _window_span(seen, order.window),
        "windows": _windows(seen),
        "logs": [
            link.log
            for link in order.order_logs.select_related(
                "log__resource", "log__performed_by", "log__organization"
            ).order_by("pk")[:_MOST]
        ],
    }


def _facts(order: WorkOrder, seen: Look) -> list[tuple[str, str]]:
    minutes, currency = order.estimated_duration_minutes, seen.user.organization.currency
    sees_money = has_right(seen.user, Right.WORK_ORDER_WORK)
    cost, until = order.estimated_cost if sees_money else None, order.warranty_until
    months = order.warranty_months
    rows = [
        ("Kind", order.get_kind_display()),
        ("Category", order.get_category_display()),
        ("Housekeeping task", order.get_task_type_display() if order.task_type else ""),
        ("Assigned to", str(order.assigned_to or "Nobody")),
        ("Vendor", str(order.vendor or "")),
        ("Reported", seen.moment(order.reported_at)),
        ("Reported by", words.reporter(order, order.followers.all())),
        ("Due", seen.moment(order.due_at)),
        ("Planned start", seen.moment(order.scheduled_start_at)),
        ("Planned end", seen.moment(order.scheduled_end_at)),
        ("Begun", seen.moment(order.started_at)),
        ("Completed", seen.moment(order.completed_at)),
        ("Delay", order.delay_reason),
        ("Escalated", f"{order.escalation_level} times" if order.escalation_level else ""),
        ("Expected work", words.duration(minutes)),
        ("Expected cost", f"{cost:,.2f} {currency}" if cost is not None else ""),
        ("Warranty on this work", f"{months} months" if months else ""),
        ("Warranty on this work until", day(until) if until else ""),
        ("Or up to", f"{order.warranty_distance:,}" if order.warranty_distance else ""),
        ("Meter reading", f"{order.odometer:,}" if order.odometer is not None else ""),
        ("Booking", order.booking_reference),
        ("Guest", order.guest_id),
    ]
    return [(label, text) for label, text in rows if text]


def _window_span(seen: Look, window: Any) -> tuple[str, str] | None:
    return span(window.starts_at, window.ends_at, seen.zone) if window else None


def _windows(seen: Look) -> list[tuple[Any, str, str]]:
    """Windows of the resource that the order could point at."""
    order: WorkOrder = seen.target
    if order.window_id:
        return []
    rows = order.resource.windows.visible_to(seen.user).filter(
        status__in=[*using.BLOCKING, using.DRAFT], ends_at__gt=seen.now
    )
    return [
        (row, *span(row.starts_at, row.ends_at, seen.zone))
        for row in rows.order_by("starts_at", "pk")[:10]
    ]


def _page(rows: Any, seen: Look, *, by: str = "created_at") -> tuple[list[Any], str]:
    """The newest rows, or those before the one that the address names, newest first; and which one leads further."""
    key = identity(seen.asked.get("before", ""))
    last = rows.filter(pk=key).first() if key else None
    if last is not None:
        earlier = {by: getattr(last, by), "pk__lt": last.pk}
        rows = rows.filter(Q(**{f"{by}__lt": getattr(last, by)}) | Q(**earlier))
    found = list(rows.order_by(f"-{by}", "-pk")[: _MOST + 1])
    return found[:_MOST], str(found[_MOST - 1].pk) if len(found) > _MOST else ""


def comments_of(seen: Look) -> dict[str, Any]:
    """What was said about the order, the newest fifty, the first first."""
    rows = seen.target.comments.select_related("author").prefetch_related("mentions__user")
    found, older = _page(rows, seen)
    return {
        "older": older,
        "comments": [
            {
                "row": row,
                "at": seen.moment(row.created_at),
                "mentioned": [mention.user.name for mention in row.mentions.all()],
            }
            for row in reversed(found)
        ],
    }


def files_of(seen: Look) -> dict[str, Any]:
    """Its photos and documents, the newest first."""
    rows = Attachment.objects.filter(target_type=TARGET, target_id=seen.target.pk)
    found, older = _page(rows, seen)
    return {"photos": found, "older": older}


def _time(seen: Look) -> dict[str, Any]:
    order: WorkOrder = seen.target
    entries, older = _page(order.labor.select_related("person"), seen, by="started_at")
    costs, older_costs = _page(order.costs.all(), seen)
    minutes = int(_spent(order, seen).total_seconds()) // 60
    zone = order.resource.effective_time_zone
    expected = order.estimated_duration_minutes
    plans = has_right(seen.user, Right.WORK_ORDER_CHANGE)
    return {
        "entries": [
            {
                "row": entry,
                "from": seen.moment(entry.started_at),
                "length": words.duration(int(_length(entry, seen).total_seconds()) // 60)
                or "under a minute",
                "is_own": entry.person_id == seen.user.pk,
                "is_priced": entry.person_id == seen.user.pk or plans,
            }
            for entry in entries
        ],
        "older": older,
        "costs": costs,
        "taken_over": [
            (label, amount)
            for label, amount in (
                ("Labour", order.imported_labor_cost),
                ("Parts", order.imported_parts_cost),
                ("Other", order.imported_other_cost),
            )
            if amount
        ],
        "older_costs": older_costs,
        "sums": [
            ("Labour", order.labor_cost),
            ("Parts", order.parts_cost),
            ("Other", order.other_cost),
        ],
        "total": order.total_cost,
        "expected_cost": order.estimated_cost,
        "over_cost": _over(order.total_cost, order.estimated_cost),
        "spent": words.duration(minutes) or "0 min",
        "expected": words.duration(expected),
        "over_time": _over(Decimal(minutes), Decimal(expected) if expected else None),
        "currency": seen.user.organization.currency,
        "people": workers()[:_MOST],
        "zone": zone,
        "local_now": f"{zones.to_local(timezone.now(), zone):%Y-%m-%dT%H:%M}",
    }


def _spent(order: WorkOrder, seen: Look) -> timedelta:
    """All time so far, that of running timers too."""
    ended = Coalesce("ended_at", Value(seen.now, DateTimeField()))
    length = ExpressionWrapper(ended - F("started_at"), output_field=DurationField())
    total = order.labor.aggregate(total=Sum(length))["total"]
    return max(total or timedelta(0), timedelta(0))


def _length(entry: LaborEntry, seen: Look) -> timedelta:
    return max((entry.ended_at or seen.now) - entry.started_at, timedelta(0))


def _over(actual: Decimal, expected: Decimal | None) -> str:
    """“12 % over”, “30 % under”; nothing without an estimate."""
    if not expected:
        return ""
    share = round((actual - expected) / expected * 100)
    if share == 0:
        return "as expected"
    return f"{abs(share)} % {'over' if share > 0 else 'under'}"


def _links(seen: Look) -> dict[str, Any]:
    order: WorkOrder = seen.target
    links = WorkOrderLink.objects.touching(order).select_related("work_order", "other")
    rows, older = _page(links, seen)
    visible = set(
        WorkOrder.objects.visible_to(seen.user)
        .filter(pk__in=[key for row in rows for key in (row.work_order_id, row.other_id)])
        .values_list("pk", flat=True)
    )
    found = []
    for row in rows:
        is_from = row.work_order_id == order.pk
        other = row.other if is_from else row.work_order
        if other.pk in visible:
            found.append((_LINKS[WorkOrderLink.Kind(row.kind), is_from], other, row.pk))
    return {
        "links": found,
        "older": older,
        "duplicates": order.duplicates.visible_to(seen.user).order_by("-number")[:_MOST],
        "kinds": WorkOrderLink.Kind.choices,
    }


def _history(seen: Look) -> dict[str, Any]:
    rows = seen.target.transitions.select_related("by", "assigned_to")
    lines, older = _page(rows, seen, by="step")
    return {
        "older": older,
        "moves": [
            {
                "text": _SAID.get(line.command)
                or (
                    BUTTONS[line.command].done.rstrip(".")
                    if line.command in BUTTONS
                    else line.command
                ),
                "icon": BUTTONS[line.command].icon if line.command in BUTTONS else "campaign",
                "line": line,
                "at": seen.moment(line.at),
                "shows_person": line.command in ("assign", "reassign"),
            }
            for line in lines
        ],
    }


def tabs_for(user: User) -> list[Tab]:
    """Time and money concern those who do or plan the work, not whoever reported it."""
    return [tab for tab in _TABS if tab.name != "time" or has_right(user, Right.WORK_ORDER_WORK)]


_TABS = [
    Tab("details", "Details", "worklogs/order/details.html", _details),
    Tab("comments", "Comments", "worklogs/order/comments.html", comments_of),
    Tab("files", "Photos and files", "worklogs/order/files.html", files_of),
    Tab("time", "Time and cost", "worklogs/order/time.html", _time),
    Tab("links", "Links", "worklogs/order/links.html", _links),
    Tab("history", "History", "worklogs/order/history.html", _history),
]
