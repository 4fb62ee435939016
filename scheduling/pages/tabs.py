"""Pages of one thing in tabs: each tab has an address of its own and loads only what it shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.zones import zone_name_of
from core.rules.moments import away, day_and_time, overdue_by


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at what, when, and on whose clock; `asked` is the query of the address."""

    target: Any
    user: User
    now: datetime
    zone: str
    asked: Mapping[str, str] = field(default_factory=dict)

    def moment(self, moment: datetime | None) -> str:
        """On the viewer's clock; nothing for none."""
        return day_and_time(moment, self.zone) if moment else ""

    def is_late(self, row: Any) -> bool:
        """Whether a schedule or due state has left its tolerance behind."""
        return row.overdue_at is not None and row.overdue_at <= self.now

    def distance(self, row: Any) -> str:
        """How far its next date is away; nothing without one."""
        if row.next_due_at is None:
            return ""
        words = overdue_by if self.is_late(row) else away
        return words(row.next_due_at, now=self.now, zone=self.zone)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its name in the address, its words, its template, and what the template needs."""

    name: str
    label: str
    template: str
    load: Callable[[Look], Mapping[str, Any]]


def look(request: HttpRequest, target: Any) -> Look:
    """The signed-in person looks at `target` now."""
    user: Any = request.user
    return Look(target, user, timezone.now(), zone_name_of(user), request.GET)


def shown(
    request: HttpRequest, tabs: Sequence[Tab], seen: Look, *, name: str = ""
) -> dict[str, Any]:
    """What the page needs: the tabs, the one in view (`name`, else as asked, else the first), and its contents."""
    name = name or request.GET.get("tab", "")
    chosen = next((tab for tab in tabs if tab.name == name), tabs[0])
    return {"tabs": tabs, "tab": chosen, **chosen.load(seen)}
