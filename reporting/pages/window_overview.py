"""The overview of maintenance windows, which keeps itself up to date."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.rules.moments import day_and_time, relative
from reporting.services import window_overview as overviews
from scheduling.models import Window


@require_safe
@console_page(Right.WINDOW_VIEW, scheduling=True)
def window_overview(request: HttpRequest) -> HttpResponse:
    """Totals, states, affected bookings, the next seven days, what is at work; asked again every minute, then only its
    middle part is drawn.
    """
    user = cast("User", request.user)
    now, zone = timezone.now(), zone_name_of(user)
    found = overviews.window_overview(user, now=now)
    context: dict[str, Any] = {
        "overview": found,
        "statuses": [
            {
                "name": status,
                "label": Window.Status(status).label,
                "count": count,
                "percent": f"{100 * count / found.total:.1f}" if found.total else "0",
            }
            for status, count in found.by_status.items()
        ],
        "coming": [
            (one, day_and_time(one.window.starts_at, zone), _away(one.window.starts_at, now, zone))
            for one in found.coming
        ],
        "at_work": [(row, _away(row.ends_at, now, zone)) for row in found.at_work],
        "late": [(row, _late(row, now, zone)) for row in found.late],
        "as_of": day_and_time(now, zone),
    }
    if request.headers.get("HX-Request"):
        return render(request, "reporting/window_overview_body.html", context)
    return render_page(
        request, "reporting/window_overview.html", title="Windows overview", **context
    )


def _away(moment: Any, now: Any, zone: str) -> str:
    return relative(moment, now=now, zone=zone)


def _late(row: Window, now: Any, zone: str) -> str:
    if row.status == Window.Status.SCHEDULED:
        return f"should have begun {_away(row.starts_at, now, zone)}"
    return f"should have ended {_away(row.ends_at, now, zone)}"
