"""How the pages of events show rows: moments on the reader's clock, links instead of ids, JSON as text."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.rules.moments import day_and_time, relative
from integrations.models import InboundEvent, Outlet, Publication, PublishedEvent
from integrations.rules.incoming import system_name
from integrations.states import APPLIED, FAILED, IGNORED, PARKED, WAITING

_TONES = {
    APPLIED: ("success", "check_circle"),
    WAITING: ("info", "hourglass_top"),
    PARKED: ("warning", "pause_circle"),
    FAILED: ("danger", "error"),
    IGNORED: ("", "do_not_disturb_on"),
}
_PAGES = {
    "worklogs.workorder": "admin:work_order_detail",
    "scheduling.booking": "admin:scheduling_booking_change",
    "scheduling.resource": "admin:resource_detail",
}
_SUBJECTS = {
    "work-order": "admin:work_order_detail",
    "task": "admin:work_order_detail",
    "resource": "admin:resource_detail",
    "window": "admin:window_detail",
    "schedule": "admin:schedule_detail",
    "booking": "admin:scheduling_booking_change",
}
_OUTLETS = {"rabbitmq": "RabbitMQ", "redis": "Redis channels", "sockets": "Live pages and sockets"}


class Clock:
    """Words for moments as the person of the request reads them."""

    def __init__(self, request: HttpRequest) -> None:
        self.zone, self.now = zone_name_of(request.user), timezone.now()

    def at(self, moment: datetime | None) -> str:
        """“Wed 4 Mar 2026, 08:00”."""
        return day_and_time(moment, self.zone)

    def ago(self, moment: datetime) -> str:
        """“20 minutes ago”."""
        return relative(moment, now=self.now, zone=self.zone)


def as_text(data: Any) -> str:
    """JSON as people read it."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


def incoming_row(event: InboundEvent, clock: Clock) -> dict[str, Any]:
    """An incoming event in a list, and at the head of its page."""
    tone, icon = _TONES[event.state]
    return {
        "event": event,
        "sender": system_name(event.source),
        "came": clock.at(event.received_at),
        "ago": clock.ago(event.received_at),
        "happened": clock.at(event.happened_at),
        "again": clock.at(event.next_at) if event.next_at else "",
        "tone": tone,
        "icon": icon,
        "is_stuck": event.state in {PARKED, FAILED},
    }


def effect_of(event: InboundEvent) -> dict[str, str] | None:
    """What it made or changed, as a link; None when it made nothing, or that is gone."""
    if not event.led_to_type:
        return None
    row = apps.get_model(event.led_to_type)._default_manager.filter(pk=event.led_to_id).first()
    if row is None:
        return None
    address = reverse(_PAGES[event.led_to_type], args=[row.pk])
    return {"words": f"{row._meta.verbose_name.capitalize()} {row}", "address": address}


def published_row(event: PublishedEvent, clock: Clock) -> dict[str, Any]:
    """An event that left: what it is about as a link and in words, its data folded."""
    kind, _, key = event.subject.partition("/")
    page = _SUBJECTS.get(kind)
    return {
        "event": event,
        "words": _about(event.data) or kind.replace("-", " ").capitalize(),
        "address": reverse(page, args=[key]) if page else "",
        "at": clock.at(event.occurred_at),
        "ago": clock.ago(event.occurred_at),
        "data": as_text(event.data),
    }


def _about(data: Mapping[str, Any]) -> str:
    """The number and title of an order, the reference of a booking, or else the name of the place."""
    number, title = data.get("number"), data.get("title") or data.get("item_name") or ""
    place = data.get("resource")
    named = place.get("name", "") if isinstance(place, Mapping) else ""
    parts = [f"#{number}" if number else "", title, data.get("reference") or ""]
    said = " ".join(part for part in parts if part)
    return ", ".join(part for part in (said, named) if part)


def outlets(request: HttpRequest, clock: Clock) -> list[dict[str, Any]]:
    """Where events leave, and how far each way has come. What exactly is wrong is the operator's to read."""
    head = Publication.objects.head()
    user: Any = request.user
    is_operator = has_right(user, Right.ORGANIZATION_SWITCH)
    rows: Iterable[Outlet] = Outlet.objects.order_by("name")
    return [
        {
            "name": _OUTLETS.get(row.name, row.name.capitalize()),
            "behind": max(head - row.position, 0),
            "is_failing": bool(row.problem),
            "since": clock.ago(row.failing_since) if row.failing_since else "",
            "problem": row.problem if is_operator else "",
        }
        for row in rows
    ]
