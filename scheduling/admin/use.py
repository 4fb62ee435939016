"""What the lists and forms of windows and bookings share: a resource, and from when to when it is used."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.rules.moments import day_and_time
from scheduling.admin import shown
from scheduling.admin.use_filters import newest_first
from scheduling.admin.wall_times import WallTimesAdmin
from scheduling.models import Booking, Window


class UseAdmin(WallTimesAdmin):
    """Soonest first."""

    change_form_outer_before_template = "scheduling/window_form_head.html"

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is over is read backwards."""
        return newest_first(request) or super().get_ordering(request)

    @admin.display(description="resource", ordering="resource__name")
    def on(self, row: Window | Booking) -> SafeString:
        """Name and code."""
        address = shown.viewer.get().address("admin:resource_detail", row.resource_id)
        return shown.titled(address, row.resource.name, row.resource.code)

    @admin.display(description="when", ordering="starts_at")
    def when(self, row: Window | Booking) -> SafeString:
        """Start and end in the viewer's zone."""
        start, end = span(row.starts_at, row.ends_at, shown.viewer.get().zone)
        return format_html(
            '<div class="cell"><span>{}</span>{}</div>', start, shown.quiet(f"to {end}")
        )


def span(start: Any, end: Any, zone: str) -> tuple[str, str]:
    """Start and end as people write them: the day of the end only where it is another."""
    first, last = day_and_time(start, zone), day_and_time(end, zone)
    day, _, time = last.rpartition(", ")
    return first, time if first.startswith(f"{day},") else last
