"""What the QR code on a resource's label opens."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

from scheduling.models import Resource

AddressOf = Callable[[Resource], str | None]


def _page(resource: Resource) -> str:
    return reverse("admin:resource_detail", args=[resource.pk])


_address_of: AddressOf = _page


def lead_to(address_of: AddressOf) -> None:
    """Let labels open another page of the site; called when an app is ready."""
    global _address_of
    _address_of = address_of


def address(resource: Resource) -> str | None:
    """The whole address for the label; none while there is nothing to open."""
    path = _address_of(resource)
    return f"{settings.SITE_URL}{path}" if path else None
