"""Contacts of bookings who want no more letters about them: said by the link in a letter, without signing in.

It is kept as a delivery that was never wanted, which those who look after deliveries see. It holds for the address
that the booking has at that moment, not for whoever is its contact later.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.models import Channel, Delivery
from notifications.querysets import STOPPED
from notifications.services import links
from scheduling.models import Booking

_SALT = "notifications.contact_stops"


@dataclass(frozen=True, slots=True)
class ContactLetters:
    """What one link stops: letters about a booking to one address, of which only a fingerprint is named."""

    organization_id: UUID
    booking_id: UUID
    fingerprint: str
    labels: tuple[str, ...] = ("Maintenance during your booking",)


def address(booking: Booking) -> str:
    """The link for a letter; it stays valid, because mail is read late."""
    parts = [booking.organization_id.hex, booking.pk.hex, _fingerprint(booking)]
    token = signing.Signer(salt=_SALT).sign_object(parts, compress=True)
    return links.absolute(reverse("admin:notifications_unsubscribe", args=[token]))


def read(token: str) -> ContactLetters:
    """What the link stops. Raises Invalid when it was not made here."""
    try:
        organization, booking, fingerprint = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature as error:
        raise Invalid("This link is incomplete. Copy it whole from the mail.") from error
    return ContactLetters(UUID(organization), UUID(booking), fingerprint)


def is_stopped(booking: Booking) -> bool:
    """Whether its present contact wants no more letters."""
    stops = Delivery.objects.filter(booking=booking, fact_key=_key(_fingerprint(booking)))
    return bool(stops.exists())


def stop(letters: ContactLetters, *, now: datetime) -> None:
    """Write no more; doing it twice changes nothing more."""
    key = _key(letters.fingerprint)
    with tenant_scope(letters.organization_id):
        if Booking.objects.filter(pk=letters.booking_id).exists():
            stopped = Delivery(
                booking_id=letters.booking_id,
                channel=Channel.EMAIL,
                state=Delivery.State.DROPPED,
                letter=STOPPED,
                subject="The contact wants no more letters",
                fact_key=key,
                message_id=f"{letters.booking_id}:{key}",
                available_at=now,
            )
            Delivery.objects.bulk_create([stopped], ignore_conflicts=True)


def resume(letters: ContactLetters) -> None:
    """Write again."""
    with tenant_scope(letters.organization_id):
        key = _key(letters.fingerprint)
        Delivery.objects.filter(booking=letters.booking_id, fact_key=key).delete()


def _key(fingerprint: str) -> str:
    return f"{STOPPED}:{fingerprint}"


def _fingerprint(booking: Booking) -> str:
    return salted_hmac(_SALT, booking.contact_email.strip().lower()).hexdigest()
