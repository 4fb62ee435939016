"""Where a message leads to. The page is found when somebody follows the link, so that old messages stay right."""

from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.urls import reverse

_PLACE = UUID(int=0)


def template(object_type: str) -> str:
    """The address that leads to an object, with `{}` for its id; cheaper than `to` for thousands."""
    return to(object_type, _PLACE).replace(str(_PLACE), "{}")


def to(object_type: str, pk: UUID) -> str:
    """The address that leads to one object."""
    return reverse("admin:notifications_go", args=[object_type, pk])


def absolute(path: str) -> str:
    """The address as a mail needs it."""
    return urljoin(f"{settings.SITE_URL}/", path.lstrip("/")) if path else ""
