"""People: by e-mail address. New ones get an invitation to choose their password."""

from collections.abc import Iterable, Iterator
from typing import Any

from accounts.models import User
from accounts.rights import Role
from accounts.services import users
from core.errors import Invalid
from integrations.services.imports.lookups import differing
from integrations.services.imports.outcomes import Outcome, State, Work, one_by_one
from integrations.services.imports.source import Row

_PLAIN = ("name", "role", "phone", "time_zone", "external_id")


def take_users(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Create or change each person. Without a role a new person may report and read: requester."""
    return one_by_one(rows, work, _take)


def _take(row: Row, work: Work) -> State:
    values = work.reader.values(row)
    email = values.get("email", "").lower()
    if not email:
        raise Invalid("A person needs an e-mail address.", field="email")
    wanted: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    if "name" not in wanted and ("first_name" in values or "last_name" in values):
        wanted["name"] = " ".join(
            values[name] for name in ("first_name", "last_name") if name in values
        )
    if "is_active" in values:
        wanted["is_active"] = values["is_active"] == "true"
    work.claim(email, row)
    existing = User.objects.filter(email=email).first()
    if existing is None:
        defaults = {"name": email.partition("@")[0], "role": Role.REQUESTER}
        users.create_user(User(**{**defaults, **wanted}, email=email), by=work.by, now=work.now)
        return State.CREATED
    changes = differing(existing, wanted)
    if not changes:
        return State.UNCHANGED
    users.change_user(existing, changes, by=work.by, now=work.now)
    return State.CHANGED
