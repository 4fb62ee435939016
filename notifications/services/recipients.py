"""Who can be told, and how."""

from collections.abc import Collection
from datetime import time
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import Organization, User
from accounts.rights import Role
from notifications.channels.base import Recipient
from notifications.models import BrowserSubscription, Channel
from notifications.rules import short_texts
from notifications.rules.pace import Habits

_ADMINISTRATORS = [Role.ADMIN, Role.EXECUTIVE_ADMIN]


class _Person(NamedTuple):
    """What is read of a person, in the order of `_COLUMNS`; None where they have chosen nothing."""

    pk: UUID
    name: str
    email: str
    phone: str
    zone: str
    rhythm: str | None
    digest_hour: int | None
    quiet_from: time | None
    quiet_until: time | None
    chat: str | None
    push: str | None
    browser: bool


_COLUMNS = (
    *("pk", "name", "email", "phone", "time_zone"),
    *("reaching__rhythm", "reaching__digest_hour"),
    *("reaching__quiet_from", "reaching__quiet_until"),
    *("reaching__chat_address", "reaching__push_address", "has_browser"),
)


def load(ids: Collection[UUID], *, organization_id: UUID) -> dict[UUID, Recipient]:
    """Those of `ids` who are active, each with the own time zone or the organisation's; two queries."""
    organization = Organization.objects.only("time_zone", "plan").get(pk=organization_id)
    browsers = BrowserSubscription.objects.filter(user=OuterRef("pk"))
    people = User.objects.active().filter(pk__among=ids).annotate(has_browser=Exists(browsers))
    rows = [_Person(*row) for row in people.values_list(*_COLUMNS)]
    return {row.pk: _recipient(row, organization) for row in rows}


def _recipient(row: _Person, organization: Organization) -> Recipient:
    zone = row.zone or organization.time_zone
    habits = None
    if row.rhythm is not None:
        habits = Habits(zone, row.rhythm, row.digest_hour or 0, row.quiet_from, row.quiet_until)
    return Recipient(
        pk=row.pk,
        name=row.name,
        email=row.email,
        phone=row.phone,
        time_zone=zone,
        channels=_channels(row, organization),
        habits=habits,
    )


def _channels(row: _Person, organization: Organization) -> frozenset[str]:
    reaching = {
        Channel.EMAIL: True,
        Channel.SMS: sends_sms(organization) and bool(short_texts.phone_number(row.phone)),
        Channel.PUSH: bool(row.push),
        Channel.CHAT: bool(row.chat),
        Channel.BROWSER: row.browser and bool(settings.VAPID_PRIVATE_KEY),
    }
    return frozenset(channel.value for channel, reaches in reaching.items() if reaches)


def sends_sms(organization: Organization) -> bool:
    """Whether people of the organisation are told by SMS: a premium organisation, where the operator has a service."""
    return bool(settings.SMS_URL) and organization.plan == Organization.Plan.PREMIUM


def administrators() -> list[UUID]:
    """Who looks after the organisation in scope."""
    return _of_roles(_ADMINISTRATORS)


def coordinators() -> list[UUID]:
    """Who plans the work of the organisation in scope; where nobody does, its administrators."""
    return _of_roles([Role.MAINTENANCE_COORDINATOR]) or administrators()


def executives() -> list[UUID]:
    """Who leads the organisation in scope; where nobody does, its administrators."""
    return _of_roles([Role.EXECUTIVE_ADMIN]) or administrators()


def _of_roles(roles: list[Role]) -> list[UUID]:
    rows = User.objects.active().filter(role__in=roles).order_by("pk")
    return list(rows.values_list("pk", flat=True))
