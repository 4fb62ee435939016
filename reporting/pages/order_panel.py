"""The dashboard's panel of work orders, asked for when the page shows."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page
from reporting.services.order_figures import figures

_SHOWN = (
    ("open", "Open", ""),
    ("overdue", "Overdue", "standing=overdue"),
    ("due_today", "Due today", "due=today"),
    ("unassigned", "Nobody assigned", "assignee=nobody"),
    ("to_triage", "To triage", "standing=reported"),
    ("to_verify", "To verify", "standing=completed"),
)


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def order_panel(request: HttpRequest) -> HttpResponse:
    """Counts, each leading to its rows."""
    found = figures(cast("User", request.user), now=timezone.now())
    rows = [
        {"label": label, "query": query, "value": found[name], "is_bad": name == "overdue"}
        for name, label, query in _SHOWN
    ]
    return render(request, "reporting/order_panel.html", {"rows": rows})
