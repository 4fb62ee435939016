"""The state of a room, for templates of other apps."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right, has_right
from scheduling.models import Resource
from worklogs.pages.housekeeping import TONES
from worklogs.services import rooms
from worklogs.services.cleaning_plans import BOOKED

register = template.Library()


@register.simple_tag(takes_context=True)
def room_state(context: dict[str, Any], resource: Resource) -> SafeString | str:
    """A chip: ready, being cleaned, to be cleaned; nothing where housekeeping has nothing to do."""
    user = context["request"].user
    if resource.kind not in BOOKED or not has_right(user, Right.WORK_ORDER_WORK):
        return ""
    room = rooms.state_on_page(resource, user, now=timezone.now())
    if room is None:
        return ""
    tone, icon = TONES[room.state]
    return format_html(
        ' <span class="chip {}"><span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        tone,
        icon,
        room.words,
    )
