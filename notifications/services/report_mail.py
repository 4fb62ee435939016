"""Letters to people who reported a problem and are no users, written when they leave, from what is true then."""

from typing import Any

from django.template.loader import render_to_string

from core.rules.moments import day_and_time
from notifications.channels.base import Letter
from notifications.models import Delivery
from notifications.rules import order_words
from notifications.services import links, threads
from scheduling.services.places import place_in_words
from worklogs.models import WorkOrder
from worklogs.services import portal, reports

#: Letters about reports are called so, followed by what happened.
LETTER = "report_"
_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def render(delivery: Delivery) -> Letter | None:
    """The letter, to the address that the follower has now; None for who wants no more mail."""
    follower = delivery.follower
    if follower is None or not follower.contact_email:
        return None
    what = delivery.letter.removeprefix(LETTER)
    order = reports.subject_of(follower)
    address = links.absolute(portal.follow_address(follower))
    context: dict[str, Any] = {
        "organization": delivery.organization,
        "subject": order_words.report_title(what, reports.words_of(follower)),
        "message": message(what, order),
        "place": place_in_words(follower.work_order.resource),
        "address": address,
    }
    return Letter(
        to=follower.contact_email,
        subject=context["subject"],
        text=render_to_string("notifications/mail/report.txt", context),
        html=render_to_string("notifications/mail/report.html", context),
        reference=delivery.message_id,
        headers={
            **_HEADERS,
            **threads.headers(follower.work_order_id, follower.pk),
            "List-Unsubscribe": f"<{address}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def message(what: str, order: WorkOrder) -> str:
    """What happened to the report, in plain words."""
    starts = order.scheduled_start_at
    zone = order.resource.effective_time_zone
    return order_words.report_message(
        what, starts=day_and_time(starts, zone) if starts else "", reason=order.close_reason
    )
