"""Certificates that end, told to their person and to those who plan people."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Certificate, User
from accounts.rights import Role
from core.rules import moments
from notifications.models import Kind, Notification
from notifications.rules import words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell

_PLANNERS = [Role.MAINTENANCE_COORDINATOR.value]


def tell_ending(certificate_id: UUID, *, now: datetime) -> int:
    """Tell them once for each end; returns how many are told. Without coordinators the administrators are."""
    row = (
        Certificate.objects.filter(pk=certificate_id, expires_on__isnull=False)
        .select_related("user", "skill", "organization")
        .first()
    )
    if row is None:
        return 0
    planners = User.objects.active().filter(role__in=_PLANNERS).values_list("pk", flat=True)
    told = {row.user_id, *(list(planners) or recipients.administrators())}
    people = recipients.load(told, organization_id=row.organization_id)
    today = now.astimezone(ZoneInfo(row.organization.time_zone)).date()
    return tell([_fact(row, pk, is_over=row.expires_on < today) for pk in people], people, now=now)


def _fact(row: Certificate, recipient: UUID, *, is_over: bool) -> Fact:
    is_own = recipient == row.user_id
    whose = "Your certificate" if is_own else f"{row.user}: certificate"
    assert row.expires_on is not None  # noqa: S101 - asked for so
    last = moments.day(row.expires_on)
    ends = f"ended on {last}" if is_over else f"ends on {last}"
    person = "you are" if is_own else f"{row.user} is"
    return Fact(
        recipient=recipient,
        kind=Kind.CERTIFICATE_EXPIRING.value,
        key=f"certificate_expiring:{row.pk}:{row.expires_on}",
        title=words.shorten(f"{whose} for {row.skill} {ends}"),
        message=f"After that {person} given no work that needs it, until a new certificate is entered.",
        why="It is your certificate." if is_own else "You plan who does the work.",
        priority=Notification.Priority.HIGH.value
        if is_over
        else Notification.Priority.NORMAL.value,
        object_type="certificate",
        object_id=row.pk,
        action_url=links.to("certificate", row.pk),
    )
