"""“Send me one”: a real message through a channel, to see whether it arrives."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from core import correlation
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.tenancy import tenant_scope
from notifications.channels import registry
from notifications.models import Channel, Delivery
from notifications.querysets import DeliveryQuerySet
from notifications.services import letters, recipients

_SHOWN = timedelta(hours=1)
_SPAN, _MOST = timedelta(minutes=10), 5
_WAITING = [Delivery.State.PENDING, Delivery.State.COLLECTING]


@transaction.atomic
def send(user: User, channel: str, *, now: datetime) -> Delivery:
    """Put a test message on its way; while one is on its way, that one is the answer.

    Raises Invalid for a channel that does not exist or does not reach the person, Conflict after five within ten
    minutes.
    """
    with tenant_scope(user.organization_id):
        person = recipients.load([user.pk], organization_id=user.organization_id).get(user.pk)
        if person is None or channel not in person.channels:
            raise Invalid("This channel does not reach you yet.", field="channel")
        mine = _of(user, channel)
        waiting = mine.filter(state__in=_WAITING).first()
        if waiting is not None:
            found: Delivery = waiting
            return found
        if mine.filter(created_at__gt=now - _SPAN).count() >= _MOST:
            raise Conflict("That were five within ten minutes. Try again a little later.")
        pk = new_id()
        made: Delivery = Delivery.objects.create(
            id=pk,
            recipient=user,
            channel=channel,
            pace=Delivery.Pace.URGENT,
            address=registry.channel(channel).address_of(person),
            message_id=letters.message_id(pk),
            subject=f"Test message by {Channel(channel).label}",
            letter=letters.TRIAL,
            available_at=now,
            correlation_id=correlation.current(),
        )
    return made


def latest(user: User, *, now: datetime) -> dict[str, Delivery]:
    """The newest test message of each channel, of the last hour."""
    with tenant_scope(user.organization_id):
        mine = Delivery.objects.filter(recipient=user, letter=letters.TRIAL)
        rows = mine.filter(created_at__gt=now - _SHOWN).order_by("created_at")
        return {row.channel: row for row in rows}


def _of(user: User, channel: str) -> DeliveryQuerySet:
    return Delivery.objects.filter(recipient=user, channel=channel, letter=letters.TRIAL)
