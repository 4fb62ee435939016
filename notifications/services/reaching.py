"""How one person is reached: what each channel needs, and what they choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from core import audit
from core.errors import Invalid
from core.rules.addresses import is_inside
from core.tenancy import tenant_scope
from notifications.channels.apprise import service_of
from notifications.models import BrowserSubscription, Channel, Delivery, Reaching
from notifications.rules import service_addresses, short_texts
from notifications.services.recipients import sends_sms

_TIMES = ("rhythm", "digest_hour", "quiet_from", "quiet_until")
_ADDRESSES = {"chat_address": service_addresses.CHAT, "push_address": service_addresses.PUSH}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a channel reaches a person, and where; or what is missing, in a sentence."""

    channel: Channel
    reaches: bool
    text: str


def of(user: User) -> Reaching:
    """What the person chose; a row that is not stored while they chose nothing."""
    with tenant_scope(user.organization_id):
        found: Reaching | None = Reaching.objects.filter(user=user).first()
    return found or Reaching(user=user, organization_id=user.organization_id)


def standings(user: User) -> list[Standing]:
    """Every channel beside the console, and what it needs."""
    chosen = of(user)
    with tenant_scope(user.organization_id):
        browsers = BrowserSubscription.objects.filter(user=user).count()
    return [
        Standing(Channel.EMAIL, True, user.email),
        _sms(user),
        _service(Channel.PUSH, chosen.push_address, service_addresses.PUSH),
        _service(Channel.CHAT, chosen.chat_address, service_addresses.CHAT),
        _browser(browsers),
    ]


def _sms(user: User) -> Standing:
    if user.organization.plan != Organization.Plan.PREMIUM:
        return Standing(Channel.SMS, False, "SMS are part of the premium plan.")
    if not settings.SMS_URL:
        return Standing(Channel.SMS, False, "This installation has no service for SMS yet.")
    number = short_texts.phone_number(user.phone)
    if not number:
        asks = "Enter your mobile number with its country code, such as +49 170 1234567, in your profile."
        return Standing(Channel.SMS, False, asks)
    return Standing(Channel.SMS, sends_sms(user.organization), number)


def _service(
    channel: Channel, address: str, services: tuple[service_addresses.Service, ...]
) -> Standing:
    """The name of the service: the address itself holds secrets."""
    return Standing(channel, bool(address), service_addresses.name_of(address, services))


def _browser(count: int) -> Standing:
    if not settings.VAPID_PRIVATE_KEY:
        return Standing(Channel.BROWSER, False, "This installation sends none yet.")
    if not count:
        return Standing(Channel.BROWSER, False, "No browser of yours shows messages yet.")
    return Standing(Channel.BROWSER, True, f"{count} browser{'s' * (count != 1)}")


@transaction.atomic
def change(user: User, values: Mapping[str, Any], *, by: User | None, now: datetime) -> Reaching:
    """Set what is named: rhythm, digest_hour, quiet_from and quiet_until, chat_address, push_address.

    What waits for a digest leaves when the new choice says so: at once where nothing has to wait any more. Raises
    Invalid for an address that is not taken, and for quiet hours of which one end is missing.
    """
    for name, services in _ADDRESSES.items():
        if values.get(name):
            check_address(name, values[name], services)
    with tenant_scope(user.organization_id):
        chosen = of(user)
        before = {name: getattr(chosen, name) for name in values}
        for name, value in values.items():
            setattr(chosen, name, value)
        _check_times(chosen)
        chosen.save()
        held = Delivery.objects.filter(recipient=user, pace=Delivery.Pace.HELD)
        held.filter(state=Delivery.State.COLLECTING, available_at__gt=now).update(available_at=now)
        changes = {
            name: [_shown(name, before[name]), _shown(name, value)]
            for name, value in values.items()
            if before[name] != value
        }
        if changes:
            audit.record("how to be reached", user, by=by, now=now, changes=changes)
    return chosen


def _check_times(chosen: Reaching) -> None:
    if chosen.rhythm not in Reaching.Rhythm.values:
        raise Invalid(f"There is no rhythm called “{chosen.rhythm}”.", field="rhythm")
    if not 0 <= chosen.digest_hour <= 23:
        raise Invalid("Choose an hour from 0 to 23.", field="digest_hour")
    if (chosen.quiet_from is None) != (chosen.quiet_until is None):
        missing = "quiet_from" if chosen.quiet_from is None else "quiet_until"
        raise Invalid("Enter both ends of the quiet hours, or neither.", field=missing)
    if chosen.quiet_from is not None and chosen.quiet_from == chosen.quiet_until:
        raise Invalid("Quiet hours end at another time than they begin.", field="quiet_until")


def check_address(name: str, address: str, services: tuple[service_addresses.Service, ...]) -> None:
    """Raise Invalid, at the field `name`, for an address that is not taken."""
    refusal = service_addresses.refusal(address, services)
    if not refusal and service_of(address, services) is None:
        refusal = f"This is not an address of {service_addresses.listed(services)}. Copy it whole."
    if (
        not refusal
        and not settings.CHANNELS_PRIVATE
        and is_inside(urlsplit(address).hostname or "")
    ):
        refusal = "The address lies in a private network, to which nothing is sent."
    if refusal:
        raise Invalid(refusal, field=name)


def _shown(name: str, value: Any) -> Any:
    """Addresses hold secrets: the trail shows only that they changed."""
    return ("(hidden)" if value else "") if name in _ADDRESSES else value
