"""What people want to hear, per kind and channel."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.models import Channel, Kind, Preference
from notifications.rules.defaults import is_on

#: Person, kind and channel to what the person chose.
Choices = Mapping[tuple[UUID, str, str], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """One cell of a person's matrix."""

    kind: Kind
    channel: Channel
    enabled: bool
    is_default: bool


def choices_of(users: Collection[UUID], kinds: Iterable[str]) -> Choices:
    """What these people chose about `kinds`, in one query; what is missing is the default."""
    rows = Preference.objects.filter(user__pk__among=users, kind__in=list(kinds))
    return {
        (user, kind, channel): enabled
        for user, kind, channel, enabled in rows.values_list(
            "user_id", "kind", "channel", "enabled"
        )
    }


def wants(choices: Choices, user: UUID, kind: str, channel: str) -> bool:
    """Whether the person hears about `kind` through `channel`."""
    return is_on(kind, channel, choices.get((user, kind, channel)))


def matrix(user: User) -> list[Setting]:
    """Every kind and channel with what holds for this person, wherever they work at present."""
    with tenant_scope(user.organization_id):
        choices = choices_of([user.pk], Kind.values)
    return [
        Setting(
            kind=kind,
            channel=channel,
            enabled=wants(choices, user.pk, kind, channel),
            is_default=(user.pk, kind, channel) not in choices,
        )
        for kind in Kind
        for channel in Channel
    ]


@transaction.atomic
def choose(
    user: User, wishes: Mapping[tuple[str, str], bool], *, by: User | None, now: datetime
) -> list[Setting]:
    """Set what a person wants to hear; (kind, channel) pairs that are not named keep their setting.

    Raises Invalid for a kind or channel that does not exist.
    """
    for kind, channel in wishes:
        if kind not in Kind.values:
            raise Invalid(f"There is no kind of message called “{kind}”.", field="kind")
        if channel not in Channel.values:
            raise Invalid(f"There is no channel called “{channel}”.", field="channel")
    before = {(cell.kind.value, cell.channel.value): cell.enabled for cell in matrix(user)}
    changed = {cell: wish for cell, wish in wishes.items() if before[cell] != wish}
    with tenant_scope(user.organization_id):
        Preference.objects.bulk_create(
            [
                Preference(user=user, kind=kind, channel=channel, enabled=enabled)
                for (kind, channel), enabled in wishes.items()
                if (kind, channel) in changed
            ],
            update_conflicts=True,
            update_fields=["enabled", "updated_at"],
            unique_fields=["user", "kind", "channel"],
        )
    if changed:
        found = audit.changes(
            {" by ".join(cell): before[cell] for cell in changed},
            {" by ".join(cell): wish for cell, wish in changed.items()},
        )
        audit.record("notification preferences", user, by=by, now=now, changes=found)
    return matrix(user)
