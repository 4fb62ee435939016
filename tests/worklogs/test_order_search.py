"""How work orders are found: by number, by words, by the resource; the same by API, list and board."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection

from accounts.models import Organization, User
from core.tenancy import all_tenants, tenant_scope
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import Log, WorkOrder
from worklogs.services import orders as orders_service
from worklogs.services import talk
from worklogs.services.corrections import correct_log

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LIST = "/admin/worklogs/workorder/"


@pytest.fixture
def orders(scope: Organization) -> dict[str, WorkOrder]:
    room = factories.resource(name="Room 12", code="R-012")
    lift = factories.resource(name="Service lift", code="LFT-9")
    return {
        "tap": factories.work_order(title="Tap drips", resource=room, now=NOW),
        "lamp": factories.work_order(
            title="Lamp, left", description="50 % dark; it_flickers", resource=lift, now=NOW
        ),
        "door": factories.work_order(title="Door closer loud", resource=lift, now=NOW),
    }


def found(text: str) -> set[str]:
    return set(WorkOrder.objects.matching(text).values_list("title", flat=True))


@pytest.mark.parametrize("few", [1_000, 0])
def test_every_word_is_in_the_text_or_names_the_resource(
    orders: dict[str, WorkOrder], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many resources have the name."""
    monkeypatch.setattr("worklogs.querysets.orders._FEW_PLACES", few)
    assert found("DRIPS") == {"Tap drips"}
    assert found("room drips") == {"Tap drips"}
    assert found("lift loud") == {"Door closer loud"}
    assert found("lft-9") == {"Lamp, left", "Door closer loud"}
    assert found("lift drips") == set()
    assert found('"closer loud"') == {"Door closer loud"}
    assert found('"loud closer"') == set()
    assert found("closer,loud") == {"Door closer loud"}
    assert found("50 %") == found("it_f") == {"Lamp, left"}
    assert found("ta") == found("t dr") == {"Tap drips"}
    assert found("ap") == set()
    assert found("12") == {"Tap drips"}
    assert found("  ") == {"Tap drips", "Lamp, left", "Door closer loud"}


def test_notes_and_comments_find_their_order(orders: dict[str, WorkOrder], admin: User) -> None:
    """By the same doors; what a correction replaced was said all the same."""
    browser, api = signed_in(admin), Client(admin)
    talk.add_comment(orders["door"], "The hinge squeaks", by=admin, now=NOW)
    talk.add_comment(orders["door"], "Hinge ordered", by=admin, now=NOW)
    given = {"due_at": NOW, "assigned_to": admin, "notes": "New gasket fitted"}
    for name in ("triage", "schedule", "assign", "start", "complete"):
        orders_service.give(orders["tap"], name, given, by=admin, now=NOW)
    for text, title in (("hinge", "Door closer loud"), ("GASKET tap", "Tap drips")):
        rows = api.get("work-orders", {"search": text}).json()["results"]
        assert [row["title"] for row in rows] == [title]
        assert title in browser.get(LIST, {"q": text, "standing": "all"}).content.decode()
    assert found("gasket hinge") == found('"drips new"') == set()
    assert found("asket") == {"Tap drips"}
    log = Log.objects.get()
    for notes in ("New washer fitted", "Two washers fitted; Sieb gereinigt"):
        changes, why = {"notes": notes}, "It was not the gasket"
        log = correct_log(log=log, changes=changes, reason=why, by=admin, now=NOW)
    assert found("gasket") == found("washer") == found("sieb gereinigt") == {"Tap drips"}
    orders_service.give(orders["tap"], "reopen", {"reason": "Drips"}, by=admin, now=NOW)
    assert found("gasket") == {"Tap drips"}


def test_a_change_of_the_order_is_found_and_takes_nothing_away(
    orders: dict[str, WorkOrder], admin: User
) -> None:
    talk.add_comment(orders["door"], "The hinge squeaks", by=admin, now=NOW)
    changes = {"title": "Gate loud", "description": "Since Sunday"}
    orders_service.change_order(orders["door"], changes, by=admin, now=NOW)
    assert found("gate") == found("sunday") == found("hinge") == {"Gate loud"}
    assert found("closer") == set()


def test_what_was_said_before_is_found_after_the_update(
    orders: dict[str, WorkOrder], admin: User
) -> None:
    """Notes, their corrections and comments that were there when orders got their words."""
    talk.add_comment(orders["tap"], "The hinge squeaks", by=admin, now=NOW)
    given = {"due_at": NOW, "assigned_to": admin, "notes": "New gasket fitted"}
    for name in ("triage", "schedule", "assign", "start", "complete"):
        orders_service.give(orders["tap"], name, given, by=admin, now=NOW)
    changes, why = {"notes": "New washer fitted"}, "It was not the gasket"
    correct_log(log=Log.objects.get(), changes=changes, reason=why, by=admin, now=NOW)
    WorkOrder.objects.update(told="")
    assert found("hinge") == set()
    update = import_module("worklogs.migrations.0008_words_of_orders")
    update.tell(None, connection.schema_editor())
    assert found("hinge gasket washer") == {"Tap drips"}


def test_a_number_finds_its_order(orders: dict[str, WorkOrder]) -> None:
    number = orders["door"].number
    assert found(f"#{number}") == {"Door closer loud"}
    assert "Door closer loud" in found(str(number))
    assert found("#") == found("#1x") == found("#99999999999") == set()


def test_the_doors_find_alike(orders: dict[str, WorkOrder], admin: User) -> None:
    browser, api = signed_in(admin), Client(admin)
    for text in ("lift closer", f"#{orders['door'].number}"):
        rows = api.get("work-orders", {"search": text}).json()["results"]
        assert [row["title"] for row in rows] == ["Door closer loud"]
        for address in (LIST, f"{LIST}board/"):
            drawn = browser.get(address, {"q": text}).content.decode()
            assert "Door closer loud" in drawn
            assert "Tap drips" not in drawn


def test_nobody_finds_through_foreign_resources(
    orders: dict[str, WorkOrder], stranger: Organization
) -> None:
    with tenant_scope(stranger.pk):
        factories.resource(name="Room 12")
        assert found("room") == set()


@pytest.mark.parametrize("standing", ["", "all"])
def test_an_index_answers(orders: dict[str, WorkOrder], standing: str) -> None:
    """On PostgreSQL no search for words needs to read all orders; SQLite has no such index."""
    if connection.vendor != "postgresql":
        return
    with all_tenants(reason="no other index then helps"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'worklogs_workorder'"
            " AND indexdef LIKE '%%status%%' AND indexname NOT LIKE '%%words'"
        )
        cursor.execute(f"DROP INDEX {', '.join(name for (name,) in cursor.fetchall())}")
        rows = WorkOrder.objects.all() if standing else WorkOrder.objects.open()
        plans = [rows.matching(text).order_by().explain() for text in ("lift drips", "TV q")]
    for plan in plans:
        assert ("worklogs_order_words" if standing else "worklogs_order_open_words") in plan
        assert "scheduling_resource" not in plan
