"""Messages as short texts, for channels that are no mail: SMS, phones, chat and browsers."""

from django.conf import settings
from django.urls import reverse

from notifications.channels.base import Device, Letter
from notifications.models import (
    BrowserSubscription,
    Channel,
    ChatRoom,
    Delivery,
    Notification,
    Reaching,
)
from notifications.rules import short_texts, words
from notifications.services import links, message_links, recipients

#: A chat or a phone shows this many items; the rest is counted and linked.
MOST_ITEMS = 10


def render(delivery: Delivery, *, subject: str, text: str, link: str) -> Letter | None:
    """A letter of one text and one link; None where the channel does not reach the person any more."""
    person = delivery.recipient
    if person is None:
        return None
    to, devices = _where(delivery)
    if not to and not devices:
        return None
    is_sms = delivery.channel == Channel.SMS
    by_link = is_sms or delivery.channel == Channel.BROWSER
    return Letter(
        to=to,
        subject="" if is_sms else subject,
        text=short_texts.sms(subject, link) if is_sms else text if by_link else f"{text}\n{link}",
        html="",
        reference=delivery.message_id,
        link=link,
        is_urgent=delivery.pace == Delivery.Pace.URGENT,
        devices=devices,
    )


def digest(
    delivery: Delivery, items: list[Notification], *, subject: str, because: str
) -> Letter | None:
    """What a digest tells: one message in full, several as a list."""
    urgent = any(item.waits_for_somebody for item in items)
    if len(items) == 1:
        [item] = items
        link = message_links.address(item.pk)
        parts = [item.message, f"Why you: {item.why}" if item.why else ""]
    else:
        link = links.absolute(reverse("admin:notifications_inbox"))
        parts = [f"• {item.title}" for item in items[:MOST_ITEMS]]
        hidden = len(items) - MOST_ITEMS
        parts.append(f"… and {hidden} more" if hidden > 0 else "")
        parts.append("Why you: each message says it; open it to see.")
    parts += [because, _how_to_change(delivery.channel)]
    title = f"Urgent: {subject}" if urgent else subject
    text = "\n".join(part for part in parts if part)
    return render(delivery, subject=words.shorten(title), text=text, link=link)


def for_room(
    delivery: Delivery, room: ChatRoom, *, subject: str, lines: list[str], link: str
) -> Letter:
    """A letter to a chat of the organisation."""
    return Letter(
        to=room.secret_address,
        subject=words.shorten(subject),
        text="\n".join([*lines, link]),
        html="",
        reference=delivery.message_id,
        link=link,
    )


def room_digest(
    delivery: Delivery, room: ChatRoom, items: list[Notification], *, subject: str
) -> Letter:
    """What happened, with the way to each; and why it stands here."""
    lines = []
    for item in items[:MOST_ITEMS]:
        lines += [f"• {item.title}", links.absolute(item.action_url)]
    hidden = len(items) - MOST_ITEMS
    lines.append(f"… and {hidden} more" if hidden > 0 else "")
    lines.append(
        f"Why here: this room hears of everything from priority “{room.least_priority}” on. Change that:"
    )
    link = links.absolute(reverse("admin:notifications_chatroom_changelist"))
    shown = [line for line in lines if line]
    return for_room(delivery, room, subject=subject, lines=shown, link=link)


def _how_to_change(channel: str) -> str:
    """Where a chat leads; a browser's own buttons and the page behind the link of an SMS lead there too."""
    if channel == Channel.BROWSER:
        return ""
    address = links.absolute(reverse("admin:notifications_preferences"))
    return f"Change what you hear about: {address}"


def _where(delivery: Delivery) -> tuple[str, tuple[Device, ...]]:
    """Where the channel reaches the person now, whatever it was when the message was made."""
    person = delivery.recipient
    assert person is not None  # noqa: S101 - for the type checker; `render` asked
    reaching: Reaching | None = getattr(person, "reaching", None)
    if delivery.channel == Channel.SMS:
        allowed = recipients.sends_sms(delivery.organization)
        return (short_texts.phone_number(person.phone) if allowed else ""), ()
    if delivery.channel == Channel.BROWSER:
        return "", _devices(delivery) if settings.VAPID_PRIVATE_KEY else ()
    if reaching is None:
        return "", ()
    to = reaching.chat_address if delivery.channel == Channel.CHAT else reaching.push_address
    return to, ()


def _devices(delivery: Delivery) -> tuple[Device, ...]:
    rows = BrowserSubscription.objects.filter(user=delivery.recipient_id).order_by("pk")
    return tuple(Device(row.pk, row.endpoint, row.public_key, row.secret) for row in rows)
