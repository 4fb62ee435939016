"""Lists in pages, through the door."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, Schedule
from tests import factories
from tests.api import Client


@pytest.fixture
def people(organization: Organization) -> Client:
    """Twenty-three people, whose names repeat."""
    chief = factories.user(organization, role=Role.ADMIN, name="b")
    for number in range(22):
        factories.user(organization, name="abc"[number % 3])
    return Client(chief)


def walk(client: Client, path: str, link: str = "next", **query: str) -> list[list[dict[str, Any]]]:
    """The rows of every page."""
    pages = [client.get(path, query).json()]
    while pages[-1][link]:
        pages.append(client.get(pages[-1][link]).json())
    return [page["results"] for page in pages]


@pytest.mark.parametrize("ordering", ["name", "-name", "created_at", "-created_at"])
def test_every_row_comes_once_although_names_repeat(people: Client, ordering: str) -> None:
    pages = walk(people, "users", ordering=ordering, page_size="5")
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    rows = [row for page in pages for row in page]
    assert len({row["id"] for row in rows}) == 23
    name = ordering.removeprefix("-")
    keys = [(row[name], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=ordering.startswith("-"))


def test_back_is_the_same_way(people: Client) -> None:
    forward = walk(people, "users", ordering="name", page_size="5")
    last = people.get("users", {"ordering": "name", "page_size": "5"}).json()
    while last["next"]:
        last = people.get(last["next"]).json()
    back = [last["results"]]
    while last["previous"]:
        last = people.get(last["previous"]).json()
        back.insert(0, last["results"])
    assert back == forward
    assert last["next"]


def test_rows_that_come_and_go_between_pages_neither_repeat_nor_push_out(
    people: Client, organization: Organization
) -> None:
    first = people.get("users", {"ordering": "name", "page_size": "5"}).json()
    factories.user(organization, name="a")
    with tenant_scope(organization.pk):
        User.objects.filter(pk=first["results"][0]["id"]).update(name="zzz")
    second = people.get(first["next"]).json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


@pytest.mark.parametrize("ordering", ["next_due_at", "-next_due_at"])
def test_rows_without_a_value_come_last_and_once(
    inside: Organization, admin: User, ordering: str
) -> None:
    resource = factories.resource()
    made = [factories.schedule(resource=resource) for _ in range(7)]
    Schedule.objects.filter(pk__in=[row.pk for row in made[:3]]).update(next_due_at=None)
    Schedule.objects.filter(pk=made[4].pk).update(next_due_at=datetime(2030, 1, 1, tzinfo=UTC))
    client = Client(admin)
    for size in (1, 2, 3, 4, 10):
        rows = [
            r
            for page in walk(client, "schedules", ordering=ordering, page_size=str(size))
            for r in page
        ]
        assert len({row["id"] for row in rows}) == len(rows) == 7
        assert [row["next_due_at"] is None for row in rows] == [False] * 4 + [True] * 3
        given = [row["next_due_at"] for row in rows[:4]]
        assert given == sorted(given, reverse=ordering.startswith("-"))
    end = client.get("schedules", {"ordering": ordering, "page_size": "2"}).json()
    forward = [end["results"]]
    while end["next"]:
        end = client.get(end["next"]).json()
        forward.append(end["results"])
    back = [end["results"]]
    while end["previous"]:
        end = client.get(end["previous"]).json()
        back.insert(0, end["results"])
    assert back == forward


def test_the_count_comes_on_request(people: Client) -> None:
    assert "count" not in people.get("users").json()
    page = people.get("users", {"count": "true", "page_size": "2", "role": "admin"}).json()
    assert page["count"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"ordering": "password"},
        {"ordering": "name,email"},
        {"ordering": "--name"},
        {"cursor": "nonsense"},
        {"page_size": "0"},
        {"page_size": "many"},
        {"page_size": "²"},
        {"is_active": "perhaps"},
        {"role": "king"},
        {"email": "\0"},
        {"search": "\0"},
    ],
)
def test_wrong_questions(people: Client, query: dict[str, str]) -> None:
    answer = people.get("users", query)
    assert answer.status_code == 400 or query in ({"is_active": "perhaps"},)


def test_a_cursor_of_another_list_or_order_is_refused(people: Client) -> None:
    link = people.get("users", {"page_size": "2"}).json()["next"]
    assert people.get(link.replace("page_size=2", "page_size=3")).status_code == 200
    assert people.get(link + "&ordering=-name").status_code == 400
    assert people.get(link.replace("/users", "/audit-entries")).status_code == 400


def test_a_page_is_cut_at_500(people: Client) -> None:
    assert people.get("users", {"page_size": "100000"}).status_code == 200


def test_lists_and_rows_say_the_same(inside: Organization, admin: User) -> None:
    """What comes straight from the database equals what the serializer writes."""
    factories.schedule(estimated_cost="12.50", assigned_to=admin)
    client = Client(admin)
    for path in ("users", "schedules", "resources", "audit-entries"):
        for row in client.get(path).json()["results"]:
            one = client.get(f"{path}/{row['id']}").json()
            assert {name: one[name] for name in row} == row


@pytest.mark.parametrize("path", ["users", "resources", "schedules"])
def test_the_number_of_queries_does_not_grow(
    inside: Organization,
    admin: User,
    path: str,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(3):
        factories.schedule()
    client = Client(admin)
    with django_assert_max_num_queries(4) as few:
        client.get(path)
    for _ in range(9):
        factories.schedule()
    with django_assert_max_num_queries(len(few)):
        assert len(client.get(path).json()["results"]) >= 1
    assert Resource.objects.count() == 12
