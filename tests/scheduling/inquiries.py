"""Questions to those who booked, and what tests read of them."""

import re
from datetime import datetime
from typing import Any

from accounts.models import User
from core.models import OutboxEvent
from scheduling.models import Inquiry, Window
from scheduling.services import asking

GUEST = "guest.grey@example.org"


def asked(draft: Window, by: User | None, now: datetime) -> Inquiry:
    """The one question that asking about the draft makes."""
    [inquiry] = asking.ask(draft, by=by, now=now)
    return inquiry


def address(inquiry: Inquiry) -> str:
    """Where its link leads."""
    return f"/guest/{asking.token_of(inquiry)}/"


def status(window: Window) -> str:
    """What is stored as the window's status."""
    return str(Window.objects.values_list("status", flat=True).get(pk=window.pk))


def options(page: Any) -> list[str]:
    """The answers that a page offers."""
    return re.findall(r'value="((?:moved|kept|released)[^"]*)"', page.content.decode())


def events(name: str) -> int:
    """How often this was published."""
    return int(OutboxEvent.objects.filter(name=f"scheduling.{name}").count())
