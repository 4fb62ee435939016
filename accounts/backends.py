"""Sign-in by e-mail."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet, UUIDField
from django.http import HttpRequest

from accounts.models import User
from core.querysets.prepared import Prepared, Slot
from core.tenancy import all_tenants


class EmailBackend(BaseBackend):
    """Finds people before their organisation is known."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The active user with this e-mail and password; takes as long for an unknown address."""
        email, password = (
            credentials.get("username") or credentials.get("email"),
            credentials.get("password"),
        )
        if not email or password is None:
            return None
        with all_tenants(reason="sign-in"):
            user = User.objects.filter(email=str(email).strip().lower()).first()
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: UUID) -> User | None:
        """The user of a session."""
        found: User | None = _SIGNED_IN.first(person=user_id)
        return found


def _signed_in() -> QuerySet[User]:
    with all_tenants(reason="session"):
        people: QuerySet[User] = User.objects.active().select_related("organization")
        return people.filter(pk=Slot("person", UUIDField()))


_SIGNED_IN = Prepared(_signed_in)
