"""Ended orders are found era by era, on PostgreSQL: the same ones as without, by the index made for it."""

import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from core.tenancy import all_tenants, tenant_scope
from tests import factories
from tests.worklogs.copies import copy
from worklogs.models import WorkOrder
from worklogs.querysets import finding
from worklogs.rules.search import pieces_of

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
#: Told often, seldom, in old ones only; names of places, of numbers; both; short; of other letters.
SEARCHES = (
    *("lamp", "valve", "calcium", "lamp old", "boiler", "hall", "boiler hall", "calcium boiler"),
    *("lamp hall", "12", "ca", "v", "o-ring", "türöl", "тоже", "unheard", '"lamp old"', "l%p"),
)


@pytest.fixture(autouse=True)
def always_by_era(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_CHEAP", 0)
    monkeypatch.setattr(finding, "_NEAR", 2)


@pytest.fixture
def orders(scope: Organization, admin: User) -> None:
    """Fifty orders of about twenty eras: one in three still open, the old ones of words that the new ones lack."""
    chance = Random(4)
    boiler, hall = factories.resource(name="Boiler 12"), factories.resource(name="Hall")
    for number in range(50):
        words = [chance.choice(("Lamp", "Tap", "Valve", "Pump ТОЖЕ", "O-ring"))]
        words += ["old Calcium" if number < 20 else "new", chance.choice(("", "Boiler", "Türöl"))]
        place = chance.choice((boiler, hall))
        order = factories.work_order(
            title=" ".join(words).strip(),
            resource=place,
            stops=[hall] if place == boiler and number % 5 == 0 else [],
            now=NOW + timedelta(hours=number),
        )
        WorkOrder.objects.filter(pk=order.pk).update(number=order.number * 3_517)
        if status := chance.choice(("", "rejected", "cancelled")):
            end(order, status)


@pytest.fixture
def many(scope: Organization) -> None:
    """Four thousand that are called off, of all eras up to the fifth."""
    one = factories.work_order(title="Tap, calcium vault", priority="high", now=NOW)
    end(one, "cancelled")
    copy(one, 4_000)


def end(order: WorkOrder, status: str) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(status=status, closed_at=NOW)


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("order", ["-number", "number"])
def test_the_same_orders_are_found(order: str) -> None:
    every = WorkOrder.objects.order_by(order)
    for among in (every, every.ended(), every.filter(status="rejected")):
        for text in SEARCHES:
            found, rows = among.finding(text), list(among.matching(text))
            assert rows or text in {"unheard", "l%p"} or among is not every, text
            for count in (1, 3, 10, 60):
                assert list(found.first(count)[:count]) == rows[:count], text


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("text", ["lamp", "cal", "ca", "v", "lamp valve unheard of"])
@pytest.mark.parametrize("standing", [{}, {"status": "cancelled"}, {"priority": "high"}])
def test_each_era_is_looked_up_in_the_index(text: str, standing: dict[str, str]) -> None:
    """Also a single piece, of which PostgreSQL believes that many orders have it; whatever else is asked."""
    with CaptureQueriesContext(connection) as queries:
        list(WorkOrder.objects.filter(**standing).order_by("-number").finding(text).first(5))
    by_era = [query["sql"] for query in queries if "generate_series" in query["sql"]]
    assert by_era
    with connection.cursor() as cursor:
        for statement in by_era:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert re.findall(r"Index Scan on (\S+) .*?rows=(\d+)", plan) == [
                ("worklogs_order_ended_words", "1")
            ]


def test_an_era_is_of_one_organisation(organization: Organization) -> None:
    other = factories.organization(name="Other", slug="other")
    for each in (organization, other):
        with tenant_scope(each.pk):
            end(factories.work_order(title="Calcium", now=NOW), "cancelled")
    with tenant_scope(organization.pk):
        assert len(WorkOrder.objects.order_by("-number").finding("calcium").first(5)) == 1
    with all_tenants(reason="test"):
        assert len(WorkOrder.objects.order_by("-number").finding("calcium").first(5)) == 2


@pytest.mark.usefixtures("orders")
def test_an_order_is_found_by_what_is_told_afterwards() -> None:
    ended = WorkOrder.objects.ended().order_by("number")
    WorkOrder.objects.filter(pk=ended[0].pk).update(told="\n Said later")
    WorkOrder.objects.filter(pk=ended[1].pk).update(number=F("number") + 500_000, title="Later")
    found = WorkOrder.objects.order_by("-number").finding("later").first(5)
    assert [order.title == "Later" for order in found] == [True, False]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        *("Türschließer im Flur", "O-Ring 12x3", "İstanbul ıssız", "a_b%c\\d", "naïve ½ x²"),
        *("насос pump", "\u212aelvin 5\u00a0kg", "電動ポンプ abc", "x", "ab", "-- 12 --"),
    ],
)
def test_the_pieces_of_a_part_are_among_those_of_the_whole(text: str) -> None:
    """Of whatever begins anywhere in it from three letters on, and of shorter ones that begin a word."""
    with connection.cursor() as cursor:
        cursor.execute('SELECT show_trgm(lower(upper(%s) COLLATE "C"))', [f" {text}"])
        kept: Any = set(cursor.fetchone()[0])
    parts = [text[at : at + size] for at in range(len(text)) for size in range(3, 9)]
    begun = [f" {word[:size]}" for word in text.split(" ") for size in (1, 2) if word]
    for part in (*(part for part in parts if len(part) > 2), *begun):
        assert kept.issuperset(pieces_of(part)), part
