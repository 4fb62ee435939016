"""Cards of the board: what an order says at a glance, and where this person may take it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from core.rules.moments import away, overdue_by
from scheduling.admin import shown
from worklogs import states
from worklogs.admin.order_cells import priority_chip
from worklogs.models import WorkOrder
from worklogs.pages.order_forms import FORMS
from worklogs.pages.order_words import BUTTONS
from worklogs.rules import standing
from worklogs.services import moving
from worklogs.states import COMMANDS


def cards(orders: Sequence[WorkOrder], user: Any) -> list[dict[str, Any]]:
    """One for each order; one statement at most for all of them."""
    allowed = moving.allowed_to_each(orders, user)
    return [_card(order, allowed[order.pk]) for order in orders]


def moves() -> list[dict[str, Any]]:
    """The commands as buttons, drawn once for the whole board: a card names those that it obeys."""
    return [
        {
            "name": name,
            "label": button.label,
            "icon": button.icon,
            "target": COMMANDS[name].target or "",
            "asks": name in FORMS,
        }
        for name, button in BUTTONS.items()
    ]


def one_card(request: HttpRequest, order: WorkOrder) -> str:
    """The HTML of one card, for the board in view."""
    shown.looked_at_by(request)
    card = cards([order], request.user)[0]
    return render_to_string("worklogs/order/card.html", {"card": card}, request)


def _card(order: WorkOrder, allowed: Sequence[str]) -> dict[str, Any]:
    seen = shown.viewer.get()
    late = standing.is_overdue(vars(order), now=seen.now)
    hint, tone = "", ""
    if order.due_at and order.status in states.OPEN:
        hint = (overdue_by if late else away)(order.due_at, now=seen.now, zone=seen.zone)
        tone = "danger" if late else "warning" if hint in ("today", "tomorrow") else ""
    person = order.assigned_to
    return {
        "order": order,
        "address": seen.address("admin:work_order_detail", order.pk),
        "priority": priority_chip(order.priority),
        "due": hint,
        "tone": tone,
        "delayed": standing.is_delayed(vars(order), now=seen.now),
        "initials": "".join(part[:1] for part in person.name.split()[:2]).upper() if person else "",
        "person": person,
        "moves": " ".join(allowed),
    }
