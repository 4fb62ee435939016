"""Reactions to events of other apps. Each writes rows; nothing here touches the network."""

from uuid import UUID

from accounts.services.passwords import Letter
from core import outbox
from core.models import OutboxEvent
from core.outbox import handles
from notifications.services import (
    alerts,
    announcements,
    asked,
    attention,
    certificate_news,
    contact_letters,
    order_news,
    report_news,
    sla_news,
    window_news,
)
from scheduling.models import Window
from worklogs.models import WorkOrder


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


@handles("accounts.certificate.expiring", id="notifications.certificate_expiring")
def tell_certificate(event: OutboxEvent) -> None:
    """Tell its person and those who plan people that a certificate ends."""
    certificate_news.tell_ending(UUID(event.payload["certificate_id"]), now=event.occurred_at)


@handles("accounts.mail.requested", id="notifications.letter")
def send_letter(event: OutboxEvent) -> None:
    """Put a letter of another app on its way."""
    announcements.send_letter(
        UUID(event.payload["user_id"]),
        letter=Letter(event.payload["letter"]),
        organization_id=event.organization_id,
        now=event.occurred_at,
    )


@handles("scheduling.window.scheduled", id="notifications.window_scheduled")
@handles("scheduling.window.changed", id="notifications.window_changed")
@handles("scheduling.window.cancelled", id="notifications.window_cancelled")
@handles("scheduling.window.coming", id="notifications.window_coming")
def tell_window(event: OutboxEvent) -> None:
    """Tell those who are responsible and those who booked what happens to a window."""
    what, window = _window_of(event)
    now = event.occurred_at
    if window is not None and window_news.is_news(what, window, now=now):
        window_news.tell_people(what, window, by_id=_by(event), now=now)
        contact_letters.tell_contacts(what, window, now=now)


@handles("scheduling.window.assigned", id="notifications.window_assigned")
@handles("scheduling.window.started", id="notifications.window_started")
@handles("scheduling.window.completed", id="notifications.window_completed")
@handles("scheduling.window.still_open", id="notifications.window_still_open")
def tell_work(event: OutboxEvent) -> None:
    """Tell those who are responsible how the work goes, and whose it is now."""
    what, window = _window_of(event)
    now = event.occurred_at
    if window is not None and window_news.is_news(what, window, now=now):
        window_news.tell_people(what, window, by_id=_by(event), now=now)


@handles("scheduling.inquiry.asked", id="notifications.inquiry_asked")
def send_question(event: OutboxEvent) -> None:
    """Ask the contact of a booking."""
    asked.send_question(
        UUID(event.payload["inquiry_id"]), number=event.payload["number"], now=event.occurred_at
    )


@handles("scheduling.inquiry.answered", id="notifications.inquiry_answered")
def tell_answer(event: OutboxEvent) -> None:
    """Tell the planner what the contact answered."""
    asked.tell_answer(UUID(event.payload["answer_id"]), now=event.occurred_at)


@handles("scheduling.inquiry.answered", id="notifications.answer_confirmed")
def confirm_answer(event: OutboxEvent) -> None:
    """Confirm to the contact what was answered."""
    asked.confirm_answer(UUID(event.payload["answer_id"]), now=event.occurred_at)


@handles("scheduling.window.unanswered", id="notifications.window_unanswered")
def tell_unanswered(event: OutboxEvent) -> None:
    """Tell the planner that the time to answer is over."""
    asked.tell_unanswered(UUID(event.payload["window_id"]), now=event.occurred_at)


@handles("scheduling.window.submitted", id="notifications.window_submitted")
@handles("scheduling.window.cleared", id="notifications.window_cleared")
def tell_approvers(event: OutboxEvent) -> None:
    """Tell whoever approves windows that one waits for them, or that nothing is in the way of one any more."""
    what = event.name.rpartition(".")[2]
    asked.tell_approvers(what, UUID(event.payload["window_id"]), now=event.occurred_at)


#: What whoever reported is told of each event about an order.
_REPORT_NEWS = {
    "reported": "received",
    "scheduled": "planned",
    "delayed": "late",
    "completed": "done",
    "rejected": "rejected",
    "marked_duplicate": "duplicate",
    "cancelled": "cancelled",
}


@handles("worklogs.work_order.reported", id="notifications.report_received")
@handles("worklogs.work_order.scheduled", id="notifications.report_planned")
@handles("worklogs.work_order.delayed", id="notifications.report_late")
@handles("worklogs.work_order.completed", id="notifications.report_done")
@handles("worklogs.work_order.rejected", id="notifications.report_rejected")
@handles("worklogs.work_order.marked_duplicate", id="notifications.report_duplicate")
@handles("worklogs.work_order.cancelled", id="notifications.report_cancelled")
def tell_reporters(event: OutboxEvent) -> None:
    """Tell those who reported, or said “me too”, what becomes of it."""
    what, order = _order_of(event)
    if order is not None:
        now = event.occurred_at
        report_news.tell_followers(_REPORT_NEWS[what], order, by_id=_by(event), now=now)


@handles("worklogs.work_order.reported", id="notifications.order_reported")
@handles("worklogs.work_order.escalated", id="notifications.order_escalated")
@handles("worklogs.work_order.delayed", id="notifications.order_delayed")
@handles("worklogs.work_order.completed", id="notifications.order_to_verify")
@handles("worklogs.work_order.given_back", id="notifications.order_given_back")
def tell_desk(event: OutboxEvent) -> None:
    """Tell those who plan work what waits for them."""
    what, order = _order_of(event)
    if order is None:
        return
    now = event.occurred_at
    if what == "reported":
        order_news.tell_received(order, by_id=_by(event), now=now)
    elif what == "escalated":
        order_news.tell_escalated(order, event.payload, now=now)
    elif what == "delayed":
        order_news.tell_delayed(order, event.payload, now=now)
    elif what == "given_back":
        order_news.tell_given_back(order, event.payload, now=now)
    else:
        order_news.tell_to_verify(order, event.payload, now=now)


@handles("worklogs.work_order.assigned", id="notifications.order_assigned")
@handles("worklogs.work_order.reassigned", id="notifications.order_reassigned")
@handles("worklogs.work_order.reopened", id="notifications.order_reopened")
@handles("worklogs.work_order.cancelled", id="notifications.order_cancelled")
def tell_assignee(event: OutboxEvent) -> None:
    """Tell whose the work is, or was. What a plan gives to somebody they hear of when it is due."""
    what, order = _order_of(event)
    if order is None:
        return
    if what == "cancelled":
        order_news.tell_cancelled(order, by_id=_by(event), now=event.occurred_at)
    else:
        order_news.tell_assignee(what, order, event.payload, now=event.occurred_at)


@handles("worklogs.work_order.reported", id="notifications.team_reported")
@handles("worklogs.work_order.scheduled", id="notifications.team_scheduled")
@handles("worklogs.work_order.given_back", id="notifications.team_given_back")
@handles("worklogs.work_order.changed", id="notifications.team_changed")
def tell_team(event: OutboxEvent) -> None:
    """Tell a team that work waits for it, however it came to that."""
    _, order = _order_of(event)
    if order is not None:
        order_news.tell_team(order, by_id=_by(event), now=event.occurred_at)


@handles("worklogs.comment.added", id="notifications.order_comment")
def tell_comment(event: OutboxEvent) -> None:
    """Tell those mentioned and those who talk about the work."""
    order_news.tell_comment(UUID(event.payload["comment_id"]), now=event.occurred_at)


@handles("worklogs.sla.noticed", id="notifications.sla_noticed")
def tell_targets(event: OutboxEvent) -> None:
    """Warn whoever can still keep a deadline, and tell of those that were missed."""
    now, organization_id = event.occurred_at, event.organization_id
    sla_news.tell_warnings(event.payload["warnings"], organization_id=organization_id, now=now)
    sla_news.tell_breaches(event.payload["violations"], organization_id=organization_id, now=now)


@handles("worklogs.sla.escalated", id="notifications.sla_escalated")
def tell_escalations(event: OutboxEvent) -> None:
    """Tell who leads the organisation what nobody took up."""
    sla_news.tell_escalations(
        event.payload["escalations"], organization_id=event.organization_id, now=event.occurred_at
    )


@handles("worklogs.sla.acknowledged", id="notifications.sla_acknowledged")
def end_messages_about_missed(event: OutboxEvent) -> None:
    """Nobody is told again of a missed deadline that somebody sees to."""
    violation, by = UUID(event.payload["violation_id"]), UUID(event.payload["by_id"])
    attention.end_about_missed(violation, by=by, now=event.occurred_at)


def _order_of(event: OutboxEvent) -> tuple[str, WorkOrder | None]:
    """What happened, and to which order."""
    return event.name.rpartition(".")[2], order_news.load(UUID(event.payload["work_order_id"]))


def _window_of(event: OutboxEvent) -> tuple[str, Window | None]:
    """What happened, and to which window."""
    return event.name.rpartition(".")[2], window_news.load(UUID(event.payload["window_id"]))


def _by(event: OutboxEvent) -> UUID | None:
    by = event.payload.get("by_id")
    return UUID(by) if by else None
