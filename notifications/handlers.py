"""Reactions to events of other apps. Each writes rows; nothing here touches the network."""

from uuid import UUID

from accounts.services.passwords import Letter
from core import outbox
from core.models import OutboxEvent
from core.outbox import handles
from notifications.services import alerts, announcements


@handles("scheduling.occurrences.came_due", id="notifications.due")
def tell_due(event: OutboxEvent) -> None:
    """Tell the right people what came due, and let the run of the check know how many were told."""
    run_id = UUID(event.payload["run_id"])
    sent = alerts.tell_due(
        alerts.stages_of(event.payload),
        organization_id=event.organization_id,
        run_id=run_id,
        now=event.occurred_at,
    )
    outbox.publish(
        "notifications.alerts.settled",
        {"run_id": run_id, "sent": sent},
        organization_id=event.organization_id,
        now=event.occurred_at,
    )


@handles("scheduling.schedule.created", id="notifications.created_assigned")
@handles("scheduling.schedule.assigned", id="notifications.assigned")
def tell_assigned(event: OutboxEvent) -> None:
    """Tell the new assignee."""
    assignee, by = event.payload["assigned_to_id"], event.payload["by_id"]
    if assignee:
        announcements.tell_assigned(
            UUID(event.payload["schedule_id"]),
            UUID(assignee),
            by_id=UUID(by) if by else None,
            event_id=event.pk,
            now=event.occurred_at,
        )


@handles("worklogs.log.recorded", id="notifications.issue")
def tell_issue(event: OutboxEvent) -> None:
    """Tell whoever is responsible when the work brought an issue to light; history that is imported alarms nobody."""
    if event.payload["issues_found"] == "none" or event.payload["is_import"]:
        return
    announcements.tell_issue(UUID(event.payload["log_id"]), now=event.occurred_at)


@handles("accounts.mail.requested", id="notifications.letter")
def send_letter(event: OutboxEvent) -> None:
    """Put a letter of another app on its way."""
    announcements.send_letter(
        UUID(event.payload["user_id"]),
        letter=Letter(event.payload["letter"]),
        organization_id=event.organization_id,
        now=event.occurred_at,
    )
