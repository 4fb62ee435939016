"""What a search shows first, by whichever way it is found."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.db.models.functions import Lower

from accounts.models import Organization, User
from core.querysets import found
from core.querysets.found import Finding
from tests import factories
from tests.console import signed_in
from worklogs.models import WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LIST = "/admin/worklogs/workorder/"
ORDERS: list[tuple[Any, ...]] = [
    ("number",),
    ("-number",),
    ("-created_at", "-pk"),
    (F("due_at").asc(nulls_last=True), "pk"),
    (F("due_at").desc(nulls_last=True), "pk"),
    ("due_at", "pk"),
    ("resource__name", "pk"),
    (Lower("title"), "pk"),
]
#: Of both words, of one, of none; everywhere, early, late, nowhere.
WORDS = ("lamp", "new", "old", "lamp old", "unheard")


@pytest.fixture(params=[((2, 0), (9, 0)), ((4, 0),), ((500, 0),), ()])
def reaches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(found, "_REACHES", request.param)
    monkeypatch.setattr(found, "_MOST", 30)
    return request.param


@pytest.fixture
def lamps(scope: Organization) -> None:
    """Twenty-four orders of three dates; every second one on a lamp, the last third new, every sixth without a date."""
    room = factories.resource(name="Room 12")
    for number in range(24):
        title = f"{'Lamp' if number % 2 else 'Tap'} {'new' if number > 15 else 'old'} {number}"
        due = None if number % 6 == 0 else NOW + timedelta(days=number % 3)
        factories.work_order(title=title, resource=room, due_at=due, now=NOW)


@pytest.mark.usefixtures("lamps", "reaches")
@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("word", WORDS)
def test_the_first_rows_are_the_first_rows(word: str, order: tuple[Any, ...]) -> None:
    among = WorkOrder.objects.order_by(*order)
    rows = among.matching(word)
    for count in (1, 5, 12, 40):
        assert list(Finding(rows, among).first(count)[:count]) == list(rows[:count])
    assert list(Finding(rows.none(), among.none()).first(5)) == []


@pytest.mark.usefixtures("lamps", "reaches")
def test_lists_show_and_export_the_same(
    admin: User, monkeypatch: pytest.MonkeyPatch, reaches: Any
) -> None:
    """Page by page, and whole where the file or an action takes all."""
    browser = signed_in(admin)
    monkeypatch.setattr("worklogs.admin.orders.WorkOrderAdmin.list_per_page", 5)
    asked = {"q": "lamp", "standing": "all"}
    expected = list(WorkOrder.objects.matching("lamp").order_by("-number"))
    seen: list[Any] = []
    for page in (1, 2, 3):
        shown = browser.get(LIST, {**asked, "p": str(page)}).context["cl"].result_list
        assert len(shown) <= 5
        seen += shown
    assert seen == expected
    assert browser.get(LIST, {**asked, "p": "-3"}).status_code in {200, 302}
    file: Any = browser.get(f"{LIST}export/", asked)
    for odd in ({"below": str(uuid4())}, {"p": "99999999999999999999999"}, {"o": "-3"}):
        assert browser.get(LIST, {**asked, **odd}).status_code in {200, 302}
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert len(lines) == 1 + len(expected)


@pytest.mark.usefixtures("lamps")
def test_what_is_dear_to_sort_is_shown_in_its_own_order(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said once, and the order kept out of links; the file is sorted."""
    browser = signed_in(admin)
    newest = list(WorkOrder.objects.order_by("-number"))
    said = "too many rows to be sorted by this heading"
    monkeypatch.setattr("worklogs.admin.orders.WorkOrderAdmin.list_per_page", 10)
    monkeypatch.setattr("core.admin.paginator.COUNT_LIMIT", 15)

    def shown(**asked: str) -> tuple[list[WorkOrder], str]:
        page = browser.get(LIST, {"standing": "all", **asked})
        return list(page.context["cl"].result_list), page.content.decode()

    def onward(page: str) -> list[str]:
        return re.findall(r'href="([^"]*p=2[^"]*)"', page)

    rows, page = shown(o="1")
    assert (rows, page.count(said)) == (newest[::-1][:10], 0)
    assert all("o=1" in link for link in onward(page))
    monkeypatch.setattr("core.querysets.plans.cost", lambda rows: 1e6)
    monkeypatch.setattr("core.querysets.plans.expected", lambda rows: 1e6)
    rows, page = shown(o="1")
    assert (rows, page.count(said)) == (newest[:10], 1)
    assert onward(page)
    assert not any("o=1" in link for link in onward(page))
    assert 'name="o"' not in page
    file: Any = browser.get(f"{LIST}export/", {"standing": "all", "o": "1"})
    lines = b"".join(file.streaming_content).decode().splitlines()[1:]
    assert lines[0].startswith(f"{newest[-1].number},")
    assert said not in shown()[1]
    monkeypatch.setattr("core.querysets.plans.expected", lambda rows: 19_000)
    assert shown(o="1")[0] == newest[::-1][:10]


@pytest.mark.usefixtures("scope")
@pytest.mark.parametrize(
    ("asked", "sorted_by"),
    [
        ({}, {7: "asc"}),
        ({"standing": "all"}, {}),
        ({"standing": "all", "q": "tap"}, {1: "desc"}),
        ({"standing": "all", "o": "3"}, {3: "asc"}),
    ],
)
def test_the_arrow_stands_where_the_list_is_sorted(
    admin: User, asked: dict[str, str], sorted_by: dict[int, str]
) -> None:
    rows = signed_in(admin).get(LIST, asked).context["cl"]
    assert rows.get_ordering_field_columns() == sorted_by
