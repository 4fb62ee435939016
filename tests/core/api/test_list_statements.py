"""Lists whose statements are made once show everybody what the query of their own request would show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.api.schedules import ScheduleViewSet
from scheduling.models import ResourceEntrustment
from tests import factories
from tests.api import Client

LISTS = ("resources", "schedules", "bookings", "windows", "users", "audit-entries")
PEOPLE = (Role.SUPER_ADMIN, Role.ADMIN, Role.VENUE_ADMIN, Role.TECHNICIAN, Role.REQUESTER)
MORE = (Role.VENUE_ADMIN, Role.TECHNICIAN, Role.REQUESTER)


def own_rows(person: User) -> None:
    """A resource of the person, with work, a booking and a window."""
    with tenant_scope(person.organization_id):
        resource = factories.resource(owner=person)
        if person.role == Role.VENUE_ADMIN:
            ResourceEntrustment.objects.create(user=person, resource=resource)
        factories.schedule(resource=resource, assigned_to=person)
        begin = factories.START + timedelta(days=400)
        factories.booking(begin, begin + timedelta(hours=2), resource=resource)
        later = begin + timedelta(days=1)
        factories.window(later, later + timedelta(hours=2), resource=resource)


def rows_of(client: Client, path: str, **query: str) -> tuple[int, list[dict[str, Any]]]:
    """The rows of all pages, onwards and back again."""
    answer = client.get(path, query)
    if answer.status_code != 200:
        return answer.status_code, []
    page, rows = answer.json(), list(answer.json()["results"])
    while page["next"]:
        page = client.get(page["next"]).json()
        rows += page["results"]
    back = list(page["results"])
    while page["previous"]:
        page = client.get(page["previous"]).json()
        back = page["results"] + back
    assert back == rows
    return 200, rows


def test_everybody_sees_their_rows_whoever_asked_before(
    organization: Organization, stranger: Organization
) -> None:
    ours = [factories.user(organization, role=role) for role in PEOPLE + MORE]
    theirs = [factories.user(stranger, role=role) for role in (Role.ADMIN, Role.TECHNICIAN)]
    for person in ours + theirs:
        own_rows(person)
    clients = [Client(person) for person in ours + theirs]
    for path in LISTS:
        seen = []
        for client in clients:
            plain = rows_of(client, path, page_size="3")
            # a parameter that is no filter of this list changes nothing but the way it is asked
            assert plain == rows_of(client, path, page_size="500", view="other")
            seen.append({row["id"] for row in plain[1]})
        assert any(seen)
        assert not set().union(*seen[: len(ours)]) & set().union(*seen[len(ours) :])


def test_the_operator_sees_the_organisation_that_they_work_in(
    user_with: Callable[[Role], User], stranger: Organization
) -> None:
    operator, theirs = user_with(Role.SUPER_ADMIN), factories.user(stranger)
    own_rows(theirs)
    own_rows(operator)
    header = {"X-Organization": stranger.slug}
    for _ in range(2):
        (row,) = Client(operator).get("resources", headers=header).json()["results"]
        assert row["owner"] == str(theirs.pk)
        (row,) = Client(operator).get("resources").json()["results"]
        assert row["owner"] == str(operator.pk)


def test_the_second_request_builds_no_query(
    scope: Organization, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.schedule(resource=factories.resource())
    before = Client(admin).get("schedules").json()
    monkeypatch.setattr(ScheduleViewSet, "filter_queryset", None)
    assert Client(admin).get("schedules").json() == before
