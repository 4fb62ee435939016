"""Taking up a message, or putting it off until a moment."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.zones import zone_name_of, zone_of
from core import audit
from core.errors import Conflict, Invalid
from core.rules.moments import day_and_time
from notifications.models import Notification
from notifications.rules import following_up, snoozing
from notifications.services import sla_news

LONGEST_SNOOZE = timedelta(days=30)


def find(user: User, pk: UUID) -> Notification:
    """A message to this person, also one that is not shown in the console. Raises Notification.DoesNotExist."""
    row: Notification = Notification.objects.get(pk=pk, recipient=user)
    return row


@transaction.atomic
def acknowledge(message: Notification, *, by: User, now: datetime) -> Notification:
    """Say that one sees to it: neither this person nor others who were told the same hear of it again.

    Where it is about a missed deadline, its escalations are taken up as well. The first one counts; doing it twice
    changes nothing more.
    """
    taken = Notification.objects.filter(pk=message.pk, acknowledged_at=None).update(
        **_taken_up(by.pk, now), read_at=Coalesce(F("read_at"), now)
    )
    if taken:
        _end([message.fact_key], by=by.pk, now=now)
        audit.record("acknowledge", message, by=by, now=now)
        sla_news.take_up(following_up.split(message.fact_key)[1], by=by, now=now)
    message.refresh_from_db()
    return message


def end_about_missed(violation: UUID, *, by: UUID, now: datetime) -> None:
    """Somebody sees to a missed deadline, by whichever door: whoever was told of it is not told again."""
    _end(sla_news.facts_of(violation), by=by, now=now)


def _end(facts: Iterable[str], *, by: UUID, now: datetime) -> None:
    keys = [key for fact in facts for key in following_up.family(fact)]
    told = Notification.objects.not_taken_up(keys).filter(acknowledged_at=None)
    told.update(**_taken_up(by, now))


@transaction.atomic
def snooze(message: Notification, until: datetime, *, by: User, now: datetime) -> Notification:
    """Put a message off: it is out of sight until the moment, and then told again.

    Raises Invalid for a moment that has passed or lies further away than a month, or for what is urgent than the
    console offers; Conflict when it was taken up.
    """
    if not now < until <= now + LONGEST_SNOOZE:
        raise Invalid("Choose a moment within the next 30 days.", field="until")
    last = snoozing.longest_of_urgent(now, zone_of(by))
    if message.priority == Notification.Priority.URGENT and until > last:
        said = f"This is urgent: it can be put off until {day_and_time(last, zone_name_of(by))} at most."
        raise Invalid(said, field="until")
    waiting = Notification.objects.filter(pk=message.pk, acknowledged_at=None)
    values = {"snoozed_until": until, "follow_up_at": until, "read_at": None, "updated_at": now}
    if not waiting.update(**values):
        raise Conflict("Somebody is seeing to it already.", code="already_acknowledged")
    found = {"snoozed until": ["", day_and_time(until, "UTC")]}
    audit.record("snooze", message, by=by, now=now, changes=found)
    message.refresh_from_db()
    return message


def _taken_up(by: UUID, now: datetime) -> dict[str, object]:
    return {
        "acknowledged_at": now,
        "acknowledged_by": by,
        "snoozed_until": None,
        "follow_up_at": None,
        "updated_at": now,
    }
