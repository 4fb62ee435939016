"""Deliveries as letters: subject, plain text, HTML, headers."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.services import passwords
from notifications.channels.base import CalendarFile, Letter
from notifications.models import Channel, ChatRoom, Delivery, DeliveryItem, Kind, Notification
from notifications.rules import words
from notifications.services import (
    briefs,
    calendar_files,
    contact_mail,
    links,
    message_links,
    report_mail,
    threads,
    unsubscribing,
)
from scheduling.models import Window

#: What the letter of a test message is called.
TRIAL = "trial"
_TRIAL = "This is a test message. If you can read it, the channel works."
#: Why messages come together, where it is not for the minute in which a digest collects.
_BECAUSE: dict[str, str] = {
    Delivery.Pace.HELD: "These messages waited, as you chose: for your digest or for the end of your quiet hours.",
    Delivery.Pace.STORM: "Many messages came for you within ten minutes, so these are folded into one.",
}
#: A digest shows this many items; the rest is counted and linked.
MOST_ITEMS = 50
_MOST_FILES = 20
_WITH_CALENDAR = {Kind.WINDOW_SCHEDULED, Kind.WINDOW_CHANGED}
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
_SECTIONS = (
    (Kind.SAFETY_REPORT, "Somebody could get hurt"),
    (Kind.UNACKNOWLEDGED, "Urgent, and nobody has taken it up"),
    (Kind.SLA_ESCALATION, "Deadlines that nobody sees to"),
    (Kind.SLA_BREACH, "Deadlines missed"),
    (Kind.SLA_WARNING, "Deadlines that come near"),
    (Kind.ORDER_DELAYED, "Work that will be late"),
    (Kind.ORDER_ESCALATED, "Escalated"),
    (Kind.ISSUE_FOUND, "Issues found"),
    (Kind.MAINTENANCE_OVERDUE, "Overdue"),
    (Kind.MAINTENANCE_DUE, "Due"),
    (Kind.SCHEDULE_ASSIGNED, "Assigned to you"),
    (Kind.WINDOW_REMINDER, "Maintenance windows that need a look"),
    (Kind.WINDOW_CHANGED, "Maintenance windows changed or cancelled"),
    (Kind.WINDOW_SCHEDULED, "Maintenance windows scheduled"),
    (Kind.WINDOW_ANSWER, "Answers about maintenance windows"),
    (Kind.WINDOW_WORK, "Work in maintenance windows"),
    (Kind.CERTIFICATE_EXPIRING, "Certificates that end"),
    (Kind.ORDER_ASSIGNED, "Your work"),
    (Kind.REPORT_RECEIVED, "New reports"),
    (Kind.ORDER_TO_VERIFY, "Done, to be verified"),
    (Kind.ORDER_COMMENT, "Comments"),
    (Kind.REPORT_NEWS, "What you reported"),
    (Kind.WEBHOOK_DISABLED, "Receivers of events"),
    (Kind.SYSTEM, "Messages"),
)


def message_id(delivery_id: UUID) -> str:
    """The Message-ID of a delivery; the same for every try."""
    return f"<{delivery_id}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def render(delivery: Delivery) -> Letter | None:
    """The letter that a delivery is; None when everything it was to tell is gone, or its recipient has left.

    A link that opens an account goes only to the address that its person still has.
    """
    if delivery.recipient is None or delivery.recipient_id is None:
        if delivery.follower_id is not None:
            return report_mail.render(delivery)
        if delivery.room is not None:
            return _for_room(delivery, delivery.room)
        return contact_mail.render(delivery)
    if not delivery.recipient.is_active:
        return None
    context: dict[str, Any] = {
        "recipient": delivery.recipient,
        "organization": delivery.organization,
        "site": settings.SITE_URL,
    }
    if delivery.letter == TRIAL:
        return _trial(delivery, context)
    if delivery.letter:
        if delivery.address != delivery.recipient.email:
            return None
        text = passwords.write(passwords.Letter(delivery.letter), delivery.recipient)
        context |= {"subject": delivery.subject, "text": text}
        return _letter(delivery, "letter", context, dict(_AUTOMATIC))
    items = list(delivery.notifications.order_by("created_at", "-pk"))
    if not items:
        return None
    if delivery.channel != Channel.EMAIL:
        because = _BECAUSE.get(delivery.pace, "")
        return briefs.digest(delivery, items, subject=_subject(items), because=because)
    return _digest(delivery, items, context)


def _for_room(delivery: Delivery, room: ChatRoom) -> Letter | None:
    """What a chat hears; None while it is switched off, and when everything it was to tell is gone."""
    if not room.is_active:
        return None
    if delivery.letter == TRIAL:
        link = links.absolute(reverse("admin:notifications_chatroom_changelist"))
        return briefs.for_room(delivery, room, subject=delivery.subject, lines=[_TRIAL], link=link)
    known = DeliveryItem.objects.filter(delivery__room=room).exclude(delivery=delivery)
    told = known.values("notification__fact_key")
    new = delivery.notifications.exclude(fact_key__in=told).order_by("-created_at", "pk")
    items = list({item.fact_key: item for item in new}.values())[::-1]
    return briefs.room_digest(delivery, room, items, subject=_subject(items)) if items else None


def _trial(delivery: Delivery, context: dict[str, Any]) -> Letter | None:
    """The test message that somebody asked for, to see whether a channel reaches them."""
    link = links.absolute(reverse("admin:notifications_preferences"))
    text = f"{_TRIAL} You get it because you asked for it on the page “What you hear about”."
    if delivery.channel != Channel.EMAIL:
        return briefs.render(delivery, subject=delivery.subject, text=text, link=link)
    context |= {"subject": delivery.subject, "text": f"{text}\n\n{link}"}
    return _letter(delivery, "letter", context, dict(_AUTOMATIC))


def _digest(delivery: Delivery, items: list[Notification], context: dict[str, Any]) -> Letter:
    off = unsubscribing.address(
        organization_id=delivery.organization_id,
        user_id=items[0].recipient_id,
        channel=delivery.channel,
        kinds={item.kind for item in items},
    )
    context |= {
        "subject": _subject(items),
        "because": _BECAUSE.get(delivery.pace, ""),
        "sections": _sections(items),
        "hidden": max(len(items) - MOST_ITEMS, 0),
        "inbox_url": links.absolute(reverse("admin:notifications_inbox")),
        "preferences_url": links.absolute(reverse("admin:notifications_preferences")),
        "unsubscribe_url": off,
    }
    headers = {
        **_AUTOMATIC,
        **_thread(items),
        "List-Unsubscribe": f"<{off}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return _letter(delivery, "digest", context, headers, _calendar_files(delivery, items))


def _thread(items: list[Notification]) -> dict[str, str]:
    """A mail about one thing alone stands with the others about it."""
    about = {item.object_id for item in items}
    first = items[0].object_id
    return threads.headers(first, items[0].recipient_id) if first and len(about) == 1 else {}


def _letter(
    delivery: Delivery,
    template: str,
    context: dict[str, Any],
    headers: dict[str, str],
    files: tuple[CalendarFile, ...] = (),
) -> Letter:
    return Letter(
        to=delivery.address,
        subject=context["subject"],
        text=render_to_string(f"notifications/mail/{template}.txt", context),
        html=render_to_string(f"notifications/mail/{template}.html", context),
        reference=delivery.message_id,
        headers=headers,
        calendar_files=files,
    )


def _calendar_files(delivery: Delivery, items: list[Notification]) -> tuple[CalendarFile, ...]:
    """The windows that the digest tells of, as they stand now, to be put into one's own calendar."""
    told = {item.object_id for item in items if item.object_id and item.kind in _WITH_CALENDAR}
    rows = Window.objects.filter(pk__in=told).select_related("resource").order_by("starts_at")
    to, name = delivery.address, delivery.organization.name
    return tuple(
        calendar_files.for_person(calendar_files.together(row), address=to, organization=name)
        for row in rows[:_MOST_FILES]
    )


def _subject(items: list[Notification]) -> str:
    kinds = [item.kind for item in items]
    return words.digest_subject(
        [item.title for item in items],
        overdue=kinds.count(Kind.MAINTENANCE_OVERDUE),
        due=kinds.count(Kind.MAINTENANCE_DUE),
    )


def _sections(items: list[Notification]) -> list[dict[str, Any]]:
    """What matters most first, and no more than `MOST_ITEMS` altogether."""
    sections, room = [], MOST_ITEMS
    for kind, label in _SECTIONS:
        found = [item for item in items if item.kind == kind]
        if found and room > 0:
            shown = [_shown(item) for item in found[:room]]
            sections.append({"label": label, "count": len(found), "items": shown, "kind": kind})
            room -= len(shown)
    return sections


def _shown(item: Notification) -> dict[str, Any]:
    take_up = message_links.address(item.pk) if item.waits_for_somebody else ""
    return {"item": item, "url": links.absolute(item.action_url), "take_up_url": take_up}
