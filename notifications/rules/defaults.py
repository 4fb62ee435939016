"""What people hear about when they have not chosen."""

#: What is told in the console only: news that nobody waits for.
_CONSOLE_ONLY = frozenset({"system", "window_work", "order_to_verify"})
#: What is worth an SMS, which costs money and wakes people.
_WORTH_AN_SMS = frozenset(
    {"maintenance_due", "maintenance_overdue", "safety_report", "order_escalated"}
    | {"sla_breach", "sla_escalation", "unacknowledged"}
)


def is_on(kind: str, channel: str, chosen: bool | None) -> bool:
    """The person's choice, else the default."""
    if chosen is not None:
        return chosen
    if channel == "sms":
        return kind in _WORTH_AN_SMS
    return channel == "in_app" or kind not in _CONSOLE_ONLY
