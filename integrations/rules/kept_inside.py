"""What happens inside and is not told outside, each with its reason (docs/decisions/events.md)."""

from collections.abc import Mapping

_SETTINGS = "It is a setting of this installation; what follows from it is told."
_BETWEEN_PEOPLE = "It passes between the people concerned; what comes of it is told."
_REMINDER = "It is a reminder to those concerned; nothing has happened."

KEPT_INSIDE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("accounts.calendar.changed", "worklogs.sla_policy.changed"),
            *("accounts.organization.changed", "accounts.organization.created"),
        ),
        _SETTINGS,
    ),
    "accounts.mail.requested": "Its mail opens an account.",
    "worklogs.follower.added": "It names somebody who follows a report, and nobody else may know.",
    "notifications.alerts.settled": "It only counts what was sent, for the due check's figures.",
    "integrations.webhook.disabled": "The receiver would not hear it; people are told instead.",
    **dict.fromkeys(
        (
            *("scheduling.inquiry.asked", "scheduling.inquiry.answered"),
            *("scheduling.window.submitted", "scheduling.window.cleared"),
        ),
        _BETWEEN_PEOPLE,
    ),
    "scheduling.window.assigned": "Who does the work is no matter of those who use the place.",
    **dict.fromkeys(
        (
            *("scheduling.window.coming", "scheduling.window.still_open"),
            "scheduling.window.unanswered",
        ),
        _REMINDER,
    ),
    "worklogs.sla.acknowledged": "Who sees to it is a matter of the house; the miss itself is told.",
    "worklogs.sla.escalated": "Whom it went to is a matter of the house; the miss itself is told.",
    "worklogs.work_orders.imported": "Imported history is no news.",
}
