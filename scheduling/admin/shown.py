"""Small pieces of HTML that the lists of scheduling share."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Role
from accounts.zones import home_zone_name
from accounts.zones import zone_name_of as zone_of
from core.rules.moments import away, day_and_time, overdue_by
from scheduling.models import Resource


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a list: the person's zone, the organisation's, and the moment.

    `owner` is set for requesters, who see the resources that they own.
    """

    zone: str
    home: str
    now: datetime
    owner: UUID | None = None
    _patterns: dict[str, str] = field(default_factory=dict)

    def address(self, name: str, pk: object) -> str:
        """The address of a row's page; the resolver is asked once for each kind of page."""
        if name not in self._patterns:
            self._patterns[name] = reverse(name, args=[_NO_ID])
        return self._patterns[name].replace(str(_NO_ID), str(pk))

    def resource_address(self, resource: Resource) -> str:
        """The address of its page; empty for whoever may not open it."""
        if self.owner is not None and resource.owner_id != self.owner:
            return ""
        return self.address("admin:resource_detail", resource.pk)


_NO_ID = UUID(int=0)

#: Set when a list is asked for; columns know no request.
viewer: ContextVar[Viewer] = ContextVar("viewer")


def looked_at_by(request: HttpRequest) -> None:
    """Remember who looks, for the columns of this request."""
    user: Any = request.user
    owner = user.pk if user.role == Role.REQUESTER else None
    viewer.set(Viewer(zone_of(user), home_zone_name(user), timezone.now(), owner))


EMPTY = format_html('<span class="quiet">{}</span>', "–")


def titled(address: str, title: str, below: str = "") -> SafeString:
    """A link with a quiet line below it; without an address only the title."""
    line = quiet(below) if below else ""
    link = f'<a class="row-title" href="{escape(address)}">{escape(title)}</a>'
    if not address:
        link = f'<span class="row-title">{escape(title)}</span>'
    return SafeString(f'<div class="cell">{link}{line}</div>')


def quiet(text: str) -> SafeString:
    """A line of less weight."""
    return SafeString(f'<span class="row-below">{escape(text)}</span>')


@lru_cache(maxsize=1_024)
def chip(text: str, tone: str = "", icon: str = "") -> SafeString:
    """A status by colour, icon and word."""
    sign = (
        format_html('<span class="material-symbols-outlined" aria-hidden="true">{}</span>', icon)
        if icon
        else ""
    )
    return format_html('<span class="chip {}">{}{}</span>', tone, sign, text)


def due(next_due_at: datetime | None, overdue_at: datetime | None) -> SafeString:
    """A due date in the viewer's zone with how far away it is."""
    now, zone = viewer.get().now, viewer.get().zone
    if next_due_at is None:
        return EMPTY
    late = overdue_at is not None and overdue_at <= now
    hint = (overdue_by if late else away)(next_due_at, now=now, zone=zone)
    tone, icon = ("danger", "error") if late else ("", "")
    if not late and hint in ("today", "tomorrow"):
        tone, icon = "warning", "schedule"
    moment = escape(day_and_time(next_due_at, zone))
    return SafeString(f'<div class="cell"><span>{moment}</span>{chip(hint, tone, icon)}</div>')
