"""What the tabs of a window's page show."""

from typing import Any

from scheduling.admin.use import span
from scheduling.models import Window
from scheduling.pages import asking
from scheduling.pages.tabs import Look, Tab
from scheduling.services import conflicts, impact
from scheduling.services.discretion import known_bookings, seen_by
from scheduling.services.history import MOST, changes_of

_MOST = 100


def _summary(seen: Look) -> dict[str, Any]:
    window: Window = seen.target
    harm = impact.impact_of(window, by=seen.user)
    overridden = list(
        window.overrides.select_related("booking__resource")
        .defer("booking__contact_name", "booking__contact_email")
        .order_by("starts_at", "pk")[:_MOST]
    )
    return {
        "impact": harm,
        "overridden": [(row, *span(row.starts_at, row.ends_at, seen.zone)) for row in overridden],
        "named": known_bookings(seen.user, (row.booking_id for row in overridden)),
        "facts": _facts(window, seen),
    }


def _facts(window: Window, seen: Look) -> list[tuple[str, str]]:
    minutes = (window.setup_minutes, window.cleanup_minutes)
    buffers = [
        f"{count} min {what}"
        for count, what in zip(minutes, ("before", "after"), strict=True)
        if count
    ]
    return [
        ("Kind", window.get_kind_display()),
        ("Effect", window.get_effect_display()),
        ("Assigned to", str(window.assigned_to or "Nobody")),
        *([("Buffers", " and ".join(buffers))] if buffers else []),
        ("Planned by", str(window.created_by or "the system")),
        *([("Approved by", str(window.approved_by))] if window.approved_by else []),
        *([("Began", seen.moment(window.started_at))] if window.started_at else []),
        *([("Closed", seen.moment(window.closed_at))] if window.closed_at else []),
    ]


def _affected(seen: Look) -> dict[str, Any]:
    window: Window = seen.target
    harm = impact.impact_of(window, by=seen.user)
    found = conflicts.against_window(
        window.resource,
        window.blocked_from,
        window.blocked_to,
        effect=window.effect,
        other_than=window.pk,
    )
    return {
        "impact": harm,
        "asking": asking.panel(seen, firm_bookings=harm.hard.bookings),
        "affected": [
            (one, *span(one.booking.starts_at, one.booking.ends_at, seen.zone))
            for one in harm.affected
        ],
        "others": [
            (one, *span(one.starts_at, one.ends_at, seen.zone))
            for one in seen_by(seen.user, found)
            if one.type == "window"
        ],
        "most": impact.MOST_NAMED,
    }


def _taken(seen: Look) -> dict[str, Any]:
    rows = seen.target.blocks.select_related("resource").order_by("resource__path")[:_MOST]
    return {
        "taken": [(row, *span(row.blocked_from, row.blocked_to, seen.zone)) for row in rows],
        "most": _MOST,
    }


def _history(seen: Look) -> dict[str, Any]:
    entries = changes_of(seen.target, MOST, seen.zone)
    return {"history": [{**entry, "shown": seen.moment(entry["at"])} for entry in entries]}


TABS = [
    Tab("summary", "Summary", "scheduling/window/summary.html", _summary),
    Tab("affected", "Bookings affected", "scheduling/window/affected.html", _affected),
    Tab("taken", "What it takes", "scheduling/window/taken.html", _taken),
    Tab("history", "History", "scheduling/tabs/history.html", _history),
]
