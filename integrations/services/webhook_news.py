"""Telling people what becomes of their webhooks."""

from datetime import datetime
from uuid import UUID

from integrations.models import Webhook
from notifications.models import Kind, Notification
from notifications.rules import words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell


def tell_disabled(webhook_id: UUID, *, reason: str, problem: str, now: datetime) -> int:
    """Tell the administrators, once for each time it is switched off by itself; returns how many are told."""
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        return 0
    people = recipients.load(recipients.administrators(), organization_id=webhook.organization_id)
    is_gone = reason == Webhook.Reason.GONE
    why = "said that it is gone" if is_gone else "took nothing for more than a day"
    title = words.shorten(f"Webhook {webhook} was switched off: its receiver {why}")
    message = (
        f"{problem} Events are kept for 30 days. When the receiver is well again, switch the webhook on, and it gets "
        "what it missed, in order."
    )
    facts = [
        Fact(
            recipient=pk,
            kind=Kind.WEBHOOK_DISABLED.value,
            key=f"webhook_disabled:{webhook_id}:{now.isoformat()}",
            title=title,
            message=message,
            why="You look after the organisation.",
            priority=Notification.Priority.HIGH.value,
            object_type="webhook",
            object_id=webhook_id,
            action_url=links.to("webhook", webhook_id),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)
