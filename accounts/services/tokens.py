"""Which sign-ins by token stand. All tokens of one sign-in are a family; a family ends as a whole.

Each family has a row of its own among the outstanding tokens. The family is over once that row is blacklisted.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, QuerySet, UUIDField
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import User
from core.querysets.prepared import Prepared, Slot
from core.tenancy import all_tenants

_MARK = "family:"


def begin_family(family: str, user: User, *, now: datetime, expires_at: datetime) -> None:
    """Remember a sign-in; it is forgotten once its last token has expired."""
    OutstandingToken.objects.create(
        jti=_MARK + family, user=user, token="", created_at=now, expires_at=expires_at
    )


def prolong_family(family: str, *, expires_at: datetime) -> None:
    """A newer token of the family lives longer."""
    _marks().filter(jti=_MARK + family).update(expires_at=expires_at)


def end_family(family: str) -> None:
    """From now on no token of this sign-in opens anything; doing it twice changes nothing more."""
    _end(_marks().filter(jti=_MARK + family))


def end_families_of(user: User) -> None:
    """End every sign-in of a person: it does not come back when they get their access back."""
    _end(_marks().filter(user_id=user.pk))


def person_of(user_id: UUID, family: object) -> User | None:
    """The active person of a token, while its family stands."""
    found: User | None = _STANDING.first(person=user_id, mark=f"{_MARK}{family}")
    return found


def _standing() -> QuerySet[User]:
    ended = BlacklistedToken.objects.filter(token__jti=Slot("mark", CharField()))
    with all_tenants(reason="tokens are found by people"):
        people: QuerySet[User] = User.objects.active().select_related("organization")
        return people.filter(~Exists(ended), pk=Slot("person", UUIDField()))


_STANDING = Prepared(_standing)


def _marks() -> Any:
    return OutstandingToken.objects.filter(jti__startswith=_MARK)


def _end(marks: Any) -> None:
    BlacklistedToken.objects.bulk_create(
        [BlacklistedToken(token=mark) for mark in marks], ignore_conflicts=True
    )
