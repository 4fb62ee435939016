"""A filter by id tells nobody whether a row exists that they may not see."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client
from worklogs.services import logs

UserWith = Callable[[Role], User]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("resources", "parent"),
        ("schedules", "resource"),
        ("logs", "resource"),
        ("logs", "schedule"),
    ],
)
def test_hidden_and_missing_ids_are_answered_alike(
    organization: Organization, user_with: UserWith, path: str, name: str
) -> None:
    with tenant_scope(organization.pk):
        schedule = factories.schedule()
    hidden = schedule.pk if name == "schedule" else schedule.resource_id
    for role in (Role.REQUESTER, Role.VENUE_ADMIN):
        client = Client(user_with(role))
        answers = [client.get(path, {name: str(key)}) for key in (hidden, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()


def test_a_filter_finds_what_is_shown_of_a_hidden_row(
    organization: Organization, user_with: UserWith, now: datetime
) -> None:
    """Technicians read every log, but of schedules only their own."""
    with tenant_scope(organization.pk):
        schedule = factories.schedule()
        assert schedule.resource is not None
        logs.record_log(
            schedule=schedule,
            resource=schedule.resource,
            performed_at=now,
            performed_by=None,
            by=None,
            now=now,
        )
    client = Client(user_with(Role.TECHNICIAN))
    assert client.get(f"schedules/{schedule.pk}").status_code == 404
    assert len(client.get("logs", {"schedule": str(schedule.pk)}).json()["results"]) == 1
