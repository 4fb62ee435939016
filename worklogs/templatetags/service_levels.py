"""The clocks of a work order, for templates."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.rules.moments import day_and_time, relative
from worklogs import states
from worklogs.pages.forms import LocalMoment
from worklogs.rules.service_levels import span_in_words
from worklogs.services import sla_story
from worklogs.services.sla_story import ClockStory

register = template.Library()

#: How each state looks: words, colour, sign.
_LOOKS = {
    sla_story.KEPT: ("In time", "success", "check_circle"),
    sla_story.MISSED: ("Too late", "danger", "error"),
    sla_story.RUNNING: ("Running", "info", "timer"),
    sla_story.BREACHED: ("Overdue", "danger", "error"),
    sla_story.PAUSED: ("Paused", "warning", "pause_circle"),
}
_SOON = 0.75
#: Stretches of time that are shown; the API tells all.
_MOST_SHOWN = 60


@register.simple_tag(takes_context=True)
def order_clocks(context: Any, order: Any) -> dict[str, Any]:
    """What the box of clocks shows of a work order to the person who looks."""
    user = context["request"].user
    now, zone = timezone.now(), zone_name_of(user)
    story = sla_story.tell(order, now=now)
    field = LocalMoment(required=False)
    field.zone = zone
    return {
        "why": story.why,
        "policy": story.policy,
        "clocks": [_clock(one, now, zone) for one in story.clocks],
        "deadline": field.prepare_value(story.deadline_at) or "",
        "deadline_shown": day_and_time(story.deadline_at, zone) if story.deadline_at else "",
        "may_agree": order.status in states.OPEN and has_right(user, Right.WORK_ORDER_CHANGE),
    }


def _clock(story: ClockStory, now: Any, zone: str) -> dict[str, Any]:
    words, tone, icon = _LOOKS[story.state]
    is_soon = story.state == sla_story.RUNNING and story.share >= _SOON
    return {
        "story": story,
        "label": story.clock.label,
        "chip": {"words": words, "tone": "warning" if is_soon else tone, "icon": icon},
        "due": day_and_time(story.due_at, zone) if story.due_at else "",
        "hint": relative(story.due_at, now=now, zone=zone) if story.due_at else "",
        "percent": min(100, round(100 * story.share)),
        "intervals": [_stretch(*one, zone) for one in story.intervals[:_MOST_SHOWN]],
        "left_out": max(0, len(story.intervals) - _MOST_SHOWN),
        "pauses": [
            _stretch(begin, end, zone) if end else (day_and_time(begin, zone), "still lasts", "")
            for begin, end in story.pauses
        ],
        "total": span_in_words(story.elapsed),
    }


def _stretch(begin: Any, end: Any, zone: str) -> tuple[str, str, str]:
    length: timedelta = end - begin
    return day_and_time(begin, zone), day_and_time(end, zone), span_in_words(length)
