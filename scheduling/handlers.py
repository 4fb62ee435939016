"""Reactions to events of other apps."""

from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from core.models import OutboxEvent
from core.outbox import handles
from scheduling.models import DueCheckRun, Inquiry
from scheduling.services import asking, organizations


@handles("notifications.alerts.settled", id="scheduling.run_figures")
def count_alerts(event: OutboxEvent) -> None:
    """Add what became of a run's alerts to its figures."""
    DueCheckRun.objects.filter(pk=event.payload["run_id"]).update(
        sent=F("sent") + event.payload.get("sent", 0),
        failed=F("failed") + event.payload.get("failed", 0),
    )


@handles("scheduling.booking.changed", id="scheduling.settle_inquiries")
def settle_inquiries(event: OutboxEvent) -> None:
    """A booking that moved or ended otherwise may have been the last in the way of a draft that asked about it."""
    standing = Inquiry.objects.standing().filter(booking=event.payload["booking_id"])
    for inquiry in standing.select_related("window__resource", "asked_by"):
        asking.settle(inquiry.window, planner=inquiry.asked_by, now=timezone.now())


@handles("accounts.organization.created", id="scheduling.first_check")
def plan_first_check(event: OutboxEvent) -> None:
    """A new organisation's daily check begins at its next check hour."""
    organization = Organization.objects.get(pk=event.organization_id)
    organizations.plan_check(organization, now=timezone.now())


@handles("accounts.organization.changed", id="scheduling.follow_organization")
def follow_organization(event: OutboxEvent) -> None:
    """Check hour, effective zones and due dates follow the organisation's settings."""
    organizations.follow_settings(
        event.organization_id, event.payload["changed"], now=timezone.now()
    )
