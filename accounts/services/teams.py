"""Teams and who is in them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Team, TeamMember, User
from core.services import records

MOST_MEMBERS = 200


@transaction.atomic
def create_team(
    team: Team, members: Collection[User] = (), *, by: User | None, now: datetime
) -> Team:
    """Add a team with its members."""
    records.create(team, by=by, now=now)
    _set_members(team, members, by=by, now=now)
    return team


@transaction.atomic
def change_team(
    team: Team,
    changes: Mapping[str, Any],
    members: Collection[User] | None = None,
    *,
    by: User | None,
    now: datetime,
) -> Team:
    """Change what the team is called, who leads it, and with `members` who is in it."""
    records.update(team, changes, by=by, now=now)
    if members is not None:
        _set_members(team, members, by=by, now=now)
    return team


def _set_members(team: Team, members: Collection[User], *, by: User | None, now: datetime) -> None:
    wanted = {user.pk: user for user in members}
    for row in TeamMember.objects.filter(team=team).select_related("user", "team"):
        if wanted.pop(row.user_id, None) is None:
            records.delete(row, by=by, now=now)
    for user in wanted.values():
        records.create(TeamMember(team=team, user=user), by=by, now=now)
