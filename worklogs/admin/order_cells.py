"""Small pieces of HTML that list, board and pages of work orders share."""

from datetime import datetime
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.rules.moments import day_and_time
from scheduling.admin import shown
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules import priority, standing

#: Colour and icon of each state.
TONES = {
    states.REPORTED: ("info", "campaign"),
    states.TRIAGED: ("info", "rule"),
    states.SCHEDULED: ("info", "event"),
    states.ASSIGNED: ("info", "person"),
    states.IN_PROGRESS: ("warning", "build"),
    states.ON_HOLD: ("", "pause_circle"),
    states.COMPLETED: ("success", "task_alt"),
    states.VERIFIED: ("success", "verified"),
    states.CANCELLED: ("", "cancel"),
    states.REJECTED: ("", "block"),
    states.DUPLICATE: ("", "content_copy"),
}
PRIORITY_TONES = {
    "critical": ("danger", "emergency_home"),
    "high": ("warning", "keyboard_double_arrow_up"),
    "medium": ("", "drag_handle"),
    "low": ("", "keyboard_arrow_down"),
}
_PRIORITIES = dict(WorkOrder._meta.get_field("priority").flatchoices)
_STATUSES = dict(WorkOrder._meta.get_field("status").flatchoices)


def state_chips(row: WorkOrder) -> SafeString:
    """Where it stands, and what the clock says of it."""
    said = [status_chip(row.status)]
    now = shown.viewer.get().now
    if row.status == states.SCHEDULED and row.assigned_to_id is None:
        said.append(shown.chip("Pending", "warning", "person_off"))
    if standing.is_overdue(vars(row), now=now):
        said.append(shown.chip("Overdue", "danger", "error"))
    if standing.is_delayed(vars(row), now=now):
        said.append(shown.chip("Delayed", "warning", "schedule"))
    return format_html(
        '<span class="order-chips">{}</span>', format_html_join("", "{}", ((one,) for one in said))
    )


def status_chip(status: str) -> SafeString:
    """Where an order stands, by colour, icon and word."""
    return shown.chip(_STATUSES[status], *TONES[status])


def priority_chip(level: str) -> SafeString:
    """By colour, icon and word."""
    return shown.chip(_PRIORITIES[level], *PRIORITY_TONES[level])


@lru_cache(maxsize=2_048)
def priority_cell(level: str, reasons: str) -> SafeString:
    """The priority, and below it the weightiest reason; the order's page gives them all."""
    codes = [reason.partition("+")[0] for reason in reasons.split()]
    why = "".join(priority.in_words(codes[:1])) + (
        f", and {len(codes) - 1} more" if codes[1:] else ""
    )
    below = shown.quiet(why[:1].upper() + why[1:]) if why else ""
    return format_html('<div class="cell reason">{}{}</div>', priority_chip(level), below)


def due_cell(row: WorkOrder) -> SafeString:
    """When it is due; how far off only while somebody waits for it."""
    if row.status in states.OPEN or row.due_at is None:
        return shown.due(row.due_at, row.overdue_at)
    return format_html("{}", moment(row.due_at))


def moment(at: datetime | None) -> str:
    """On the viewer's clock; nothing for none."""
    return day_and_time(at, shown.viewer.get().zone) if at else ""
