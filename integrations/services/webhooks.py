"""What people do with webhooks: make them, switch them off and on, change their secret, look after what was refused."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from core import audit, catalogue
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.services import records
from core.tenancy import all_tenants
from integrations.models import Publication, PublishedEvent, Webhook, WebhookDelivery
from integrations.rules import webhook_signatures
from integrations.services import webhook_calls
from integrations.services.foreign import NotReached, check_address

if TYPE_CHECKING:
    from accounts.models import User

#: How long the former secret signs beside the new one.
OVERLAP = timedelta(hours=24)
KEEP = timedelta(days=30)
#: What a test is called. Nobody subscribes to it: it goes to the webhook that is tested and to no other.
TEST = "webhook.test"
MOST_COUNTED = 1_000
_KEY_BYTES = 32
_CLEAN_UP_STEP = 5_000


def choosable() -> list[catalogue.EventType]:
    """The events that a webhook can ask for."""
    return [one for one in catalogue.all_types() if one.name != TEST]


def create_webhook(webhook: Webhook, *, by: "User | None", now: datetime) -> Webhook:
    """A new webhook, which hears of what happens from now on. Raises `Invalid` for an address or event that is none."""
    _check(url=webhook.url, event_types=webhook.event_types)
    webhook.secret = _new_secret()
    webhook.created_by, webhook.next_at = by, now
    webhook.position = Publication.objects.head()
    if not webhook.is_active:
        webhook.disabled_at, webhook.disabled_reason = now, Webhook.Reason.PERSON
    return records.create(webhook, by=by, now=now)


def change_webhook(
    webhook: Webhook, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Webhook:
    """Change it. With another address, or switched on again, it goes on at once where it stood."""
    _check(**{name: changes[name] for name in ("url", "event_types") if name in changes})
    with transaction.atomic():
        stored = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook.pk).first()
        more: dict[str, Any] = {}
        if stored is not None and changes.get("is_active", stored.is_active) != stored.is_active:
            more = _switched(not stored.is_active, now)
        elif stored is not None and changes.get("url", stored.url) != stored.url:
            more = _fresh(now)
        return records.update(webhook, {**changes, **more}, by=by, now=now)


def enable(webhook: Webhook, *, from_now: bool, by: "User | None", now: datetime) -> Webhook:
    """Switch it on: it gets what it missed, as far as 30 days back, or `from_now` on only what happens next."""
    changes = _switched(True, now)
    if from_now:
        changes["position"] = Publication.objects.head()
    return records.update(webhook, changes, by=by, now=now)


def disable(webhook: Webhook, *, by: "User | None", now: datetime) -> Webhook:
    """Switch it off. It keeps its place."""
    return records.update(webhook, _switched(False, now), by=by, now=now)


def retry(webhook: Webhook, *, by: "User | None", now: datetime) -> None:
    """Try what was refused at once, whatever the schedule says. Raises `Conflict` while it is switched off."""
    if not webhook.is_active:
        raise Conflict("It is switched off. Switch it on first.", code="switched_off")
    Webhook.objects.filter(pk=webhook.pk).update(next_at=now)
    audit.record("retry", webhook, by=by, now=now)


def rotate_secret(webhook: Webhook, *, by: "User | None", now: datetime) -> Webhook:
    """Give it a new secret, in `secret`. For a day the one before signs as well, so that receivers can change over."""
    with transaction.atomic():
        stored = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
        changes = {
            "secret": _new_secret(),
            "previous_secret": stored.secret,
            "previous_secret_until": now + OVERLAP,
        }
        return records.update(webhook, changes, by=by, now=now)


def send_test(webhook: Webhook, *, by: "User | None", now: datetime) -> WebhookDelivery:
    """Let a sender send an event that says nothing, also while the webhook is switched off."""
    return _ask(webhook, new_id(), TEST, None, by=by, now=now)


def redeliver(delivery: WebhookDelivery, *, by: "User | None", now: datetime) -> WebhookDelivery:
    """Let a sender send the event once more, beside its order. Raises `Conflict` when it is not kept any more."""
    is_test = delivery.position is None
    if not is_test and not PublishedEvent.objects.filter(pk=delivery.event_id).exists():
        raise Conflict("This event is older than 30 days and not kept any more.", code="gone")
    webhook, position = delivery.webhook, delivery.position
    return _ask(webhook, delivery.event_id, delivery.event_type, position, by=by, now=now)


def waiting(webhook: Webhook) -> int:
    """How many events it has not taken yet; counted up to one more than `MOST_COUNTED`."""
    rows = PublishedEvent.objects.after(webhook.position).of_types(webhook.event_types)
    return int(rows[: MOST_COUNTED + 1].count())


def clean_up(now: datetime) -> dict[str, int]:
    """Remove deliveries older than `KEEP`, in steps that hold up nobody for long, and secrets that sign no more."""
    removed, step = 0, _CLEAN_UP_STEP
    with all_tenants(reason="the clean-up serves every organisation"):
        over = {"previous_secret": "", "previous_secret_until": None}
        forgotten = Webhook.objects.with_old_secret(now=now).update(**over)
        while step == _CLEAN_UP_STEP:
            old = WebhookDelivery.objects.before(now - KEEP).order_by("at")
            step = WebhookDelivery.objects.filter(
                pk__in=list(old.values_list("pk", flat=True)[:_CLEAN_UP_STEP])
            ).delete()[0]
            removed += step
    return {"deliveries": removed, "secrets": forgotten}


def _ask(
    webhook: Webhook,
    event_id: Any,
    event_type: str,
    position: int | None,
    *,
    by: "User | None",
    now: datetime,
) -> WebhookDelivery:
    with transaction.atomic():
        row = WebhookDelivery(
            webhook=webhook,
            event_id=event_id,
            event_type=event_type,
            position=position,
            asked=True,
            at=now,
        )
        row.save(force_insert=True)
        audit.record("redeliver" if position is not None else "test", webhook, by=by, now=now)
    return row


def _switched(is_active: bool, now: datetime) -> dict[str, Any]:
    """What belongs to being on or off."""
    if is_active:
        return {"is_active": True, "disabled_at": None, "disabled_reason": "", **_fresh(now)}
    return {"is_active": False, "disabled_at": now, "disabled_reason": Webhook.Reason.PERSON}


def _fresh(now: datetime) -> dict[str, Any]:
    """As if nothing had been refused."""
    return {"attempts": 0, "failing_since": None, "problem": "", "next_at": now}


def _check(*, url: str | None = None, event_types: Any = ()) -> None:
    if url is not None:
        try:
            private = settings.WEBHOOKS_PRIVATE
            check_address(url, schemes=webhook_calls.schemes(), may_be_private=private)
        except NotReached as error:
            raise Invalid(str(error), field="url") from error
    known = {one.name for one in choosable()}
    unknown = [name for name in event_types if name not in known]
    if unknown:
        message = f"There is no event {unknown[0]}; /api/v1/events/asyncapi names all."
        raise Invalid(message, field="event_types")


def _new_secret() -> str:
    return webhook_signatures.secret_of(secrets.token_bytes(_KEY_BYTES))
