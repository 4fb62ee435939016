"""Public events: in one order, as the catalogue describes them, for readers that take them as they can."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Organization, User
from accounts.rights import Role
from core import telling
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import Outlet, PublishedEvent
from integrations.rules.envelopes import Event, envelope
from integrations.services import outlets, publication
from tests import factories
from tests.api import Client
from worklogs.models import WorkOrder
from worklogs.services import orders

pytestmark = pytest.mark.django_db


def published(organization: Organization | None = None) -> list[PublishedEvent]:
    with all_tenants(reason="test"):
        rows = PublishedEvent.objects.after(0)
        return list(rows.filter(organization=organization) if organization else rows)


def repair(by: User, now: datetime, **values: Any) -> WorkOrder:
    """A fault reported, planned, given, begun and put right."""
    with tenant_scope(by.organization_id):
        order = WorkOrder(
            resource=factories.resource(),
            title="Tap drips",
            status="scheduled",
            priority="high",
            **{"kind": "corrective", **values},
        )
        orders.create_order(order, by=by, now=now, assignee=by)
        orders.give(order, "start", {}, by=by, now=now)
        orders.give(order, "complete", {}, by=by, now=now)
    return order


def test_a_repair_is_told_step_by_step(admin: User, now: datetime) -> None:
    order = repair(admin, now)
    assert publication.publish_waiting(now) > 0
    rows = [row for row in published() if row.subject == f"work-order/{order.pk}"]
    assert [(row.type, row.data["what"], row.data["status"]) for row in rows] == [
        ("work-order.created", "reported", "scheduled"),
        ("work-order.updated", "assigned", "assigned"),
        ("work-order.updated", "started", "in_progress"),
        ("work-order.completed", "completed", "completed"),
        ("maintenance.resolved", "completed", "completed"),
    ]
    assert publication.publish_waiting(now) == 0


def test_a_task_goes_by_its_own_names_too(admin: User, now: datetime) -> None:
    order = repair(admin, now, kind="cleaning", task_type="checkout_cleaning")
    with tenant_scope(admin.organization_id):
        orders.change_order(order, {"title": "Another name"}, by=admin, now=now)
        orders.change_order(order, {"title": "Another name"}, by=admin, now=now)
    publication.publish_waiting(now)
    assert [row.type for row in published() if row.subject == f"task/{order.pk}"] == [
        "task.created",
        "task.completed",
    ]
    assert [row.data["what"] for row in published() if row.type == "work-order.updated"] == [
        *("assigned", "started", "changed"),
    ]


def test_positions_go_on_without_gaps_over_all_organizations(
    admin: User, stranger: Organization, now: datetime
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    for person in (admin, other, admin):
        repair(person, now)
        publication.publish_waiting(now, limit=2)
    while publication.publish_waiting(now):
        pass
    rows = published()
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))


def test_what_cannot_be_told_is_set_aside_and_holds_up_nobody(
    admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = repair(admin, now), repair(admin, now)
    with all_tenants(reason="test"):
        bad = OutboxEvent.objects.to_publish().filter(payload__work_order_id=str(first.pk)).first()
        assert bad is not None
    tell = telling.tell

    def fails(events: Sequence[OutboxEvent]) -> list[telling.Told]:
        if bad in events:
            raise RuntimeError("This one is broken.")
        return tell(events)

    monkeypatch.setattr(telling, "tell", fails)
    publication.publish_waiting(now)
    kept = {row.subject for row in published()}
    assert f"work-order/{second.pk}" in kept
    monkeypatch.setattr(telling, "tell", tell)
    with tenant_scope(admin.organization_id):
        bad.refresh_from_db()
        assert "This one is broken." in bad.publication_error
        assert publication.retry_untold() == 1
    publication.publish_waiting(now)
    assert published()[-1].cause_id == bad.pk


def test_a_rollback_is_never_told(admin: User, now: datetime) -> None:
    from django.db import transaction

    with transaction.atomic():
        repair(admin, now)
        transaction.set_rollback(True)
    publication.publish_waiting(now)
    assert published() == []


def test_the_command_hands_on_what_waits(admin: User, now: datetime) -> None:
    repair(admin, now)
    call_command("relay_events", "--once", stdout=StringIO())
    assert len(published()) > 0
    with all_tenants(reason="test"):
        assert not OutboxEvent.objects.filter(finished_at=None).exists()


class Receiver:
    """Takes events, and fails after `limit` when it has one."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit, self.got = limit, []  # type: int | None, list[Event]

    def send(self, events: Sequence[Event]) -> int:
        taken = events if self.limit is None else events[: self.limit]
        self.got += taken
        if len(taken) < len(events):
            raise outlets.NotSent("The line is dead.", taken=len(taken))
        return len(events)


def test_a_reader_goes_on_where_the_far_side_stopped(admin: User, now: datetime) -> None:
    receiver, moment = Receiver(), now

    def clock() -> datetime:
        return moment

    assert outlets.carry_on("test", receiver.send, clock=clock) == 0  # begins at the newest
    repair(admin, now)
    publication.publish_waiting(now)
    receiver.limit = 2
    assert outlets.carry_on("test", receiver.send, clock=clock) == 2
    outlet = Outlet.objects.get(pk="test")
    assert (outlet.problem, outlet.failing_since) == ("The line is dead.", now)
    assert outlets.carry_on("test", receiver.send, clock=clock) == 0  # pauses
    moment, receiver.limit = now + timedelta(minutes=1), None
    outlets.carry_on("test", receiver.send, clock=clock)
    assert [event.id for event in receiver.got] == [row.pk for row in published()]
    assert Outlet.objects.get(pk="test").problem == ""


def test_a_reader_that_died_is_followed_by_another(admin: User, now: datetime) -> None:
    receiver = Receiver()
    outlets.carry_on("test", receiver.send, clock=lambda: now)
    repair(admin, now)
    publication.publish_waiting(now)
    assert Outlet.objects.claim("test", now=now, lease=outlets.LEASE) is not None  # and dies
    assert outlets.carry_on("test", receiver.send, clock=lambda: now) == 0
    later = now + outlets.LEASE
    assert outlets.carry_on("test", receiver.send, clock=lambda: later) == len(published())


def test_the_envelope_is_a_cloud_event(admin: User, now: datetime) -> None:
    from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
    from cloudevents.core.formats.json import JSONFormat

    from integrations.services import reading

    repair(admin, now)
    publication.publish_waiting(now)
    event = reading.events_after(0, limit=1)[0]
    import orjson

    body = orjson.dumps(envelope(event, site="https://mainstay.example"))
    message = HTTPMessage(headers={"content-type": "application/cloudevents+json"}, body=body)
    read = from_structured_event(message, JSONFormat())
    assert read.get_id() == str(event.id)
    assert read.get_type() == event.type
    assert read.get_source() == f"https://mainstay.example/organizations/{event.organization}"


def test_events_are_fetched_after_the_last_one_known(admin: User, now: datetime) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    client = Client(admin)
    first = client.get("events?page_size=2").data
    assert len(first["results"]) == 2
    second = client.get(first["next"]).data
    known = first["results"][-1]["id"]
    assert client.get(f"events?after={known}&page_size=2").data["results"] == second["results"]
    seen = [*first["results"], *second["results"]]
    while second["next"]:
        second = client.get(second["next"]).data
        seen += second["results"]
    assert [one["id"] for one in seen] == [str(row.pk) for row in published()]
    assert [
        one["type"] for one in client.get("events?type=maintenance.resolved").data["results"]
    ] == ["maintenance.resolved"]


@pytest.mark.parametrize(
    "query",
    [
        "after=yesterday",
        "after=01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11",
        "type=unheard.of",
        "page_size=0",
    ],
)
def test_a_wrong_question_is_answered_in_words(admin: User, query: str) -> None:
    answer = Client(admin).get(f"events?{query}")
    assert answer.status_code == 400
    assert list(answer.data) == [query.partition("=")[0]]


def test_nobody_reads_anothers_events(admin: User, stranger: Organization, now: datetime) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    repair(admin, now)
    publication.publish_waiting(now)
    assert Client(other).get("events").data["results"] == []
    theirs = published()[0].pk
    assert Client(other).get(f"events?after={theirs}").status_code == 400
    for role in (Role.TECHNICIAN, Role.REQUESTER, Role.MAINTENANCE_COORDINATOR):
        person = factories.user(admin.organization, role=role)
        assert Client(person).get("events").status_code == 403


def test_a_gap_is_told_instead_of_hidden(
    admin: User, stranger: Organization, now: datetime
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    for person in (admin, other, admin):
        repair(person, now)
        publication.publish_waiting(now)
    rows, client = published(), Client(admin)
    mine = [row for row in rows if row.organization_id == admin.organization_id]
    last_gone = mine[2]
    with all_tenants(reason="test"):
        gone = PublishedEvent.objects.filter(position__lte=last_gone.position)
        gone.update(published_at=now - publication.KEEP - timedelta(days=1))
    assert publication.clean_up(now) == last_gone.position
    oldest = {"id": str(mine[3].pk), "sequence": f"{mine[3].position:020d}"}
    for after in (mine[1].position, f"{mine[1].position:020d}", mine[1].pk, mine[2].pk):
        answer = client.get(f"events?after={after}")
        assert (answer.status_code, answer.data["code"]) == (410, "gone"), after
        assert "leave `after` out" in answer.data["detail"]
        assert answer.data["oldest"] == oldest
    after_last = client.get(f"events?after={last_gone.position}")  # nothing is missing after it
    assert after_last.data["results"][0]["id"] == client.get("events").data["results"][0]["id"]
    assert client.get("events?after=0").data["results"] == after_last.data["results"]
    assert client.get(f"events?after={mine[3].pk}").status_code == 200
    # others' events look the same, kept or not
    theirs = next(row for row in rows if row.organization_id == stranger.pk)
    assert client.get(f"events?after={theirs.pk}").status_code == 400
    unknown = client.get("events?after=b7b4d9d0-93c7-4f25-9a4c-3a7a6e9a7f10")
    assert (unknown.status_code, list(unknown.data)) == (400, ["after"])


def test_when_all_are_gone_that_is_told_too(admin: User, now: datetime) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    rows, client = published(), Client(admin)
    publication.clean_up(now + publication.KEEP + timedelta(seconds=1))
    for after in (rows[0].position, rows[0].pk):
        answer = client.get(f"events?after={after}")
        assert (answer.status_code, "oldest" in answer.data) == (410, False)
    assert client.get(f"events?after={rows[-1].position}").data["results"] == []
    assert client.get("events").data["results"] == []


def test_old_events_are_removed(admin: User, now: datetime) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    count = len(published())
    assert publication.clean_up(now + publication.KEEP) == 0
    assert publication.clean_up(now + publication.KEEP + timedelta(seconds=1)) == count


def test_changes_of_one_object_stand_in_their_order_though_clocks_differ(
    organization: Organization, admin: User, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    """The node that gives the order to somebody is three seconds behind the one that took the report."""
    order = repair(admin, now)
    behind = time.time_ns
    monkeypatch.setattr("core.ids.time.time_ns", lambda: behind() - 3_000_000_000)
    with tenant_scope(organization.pk):
        orders.change_order(order, {"title": "Tap drips badly"}, by=admin, now=now)
    monkeypatch.undo()
    publication.publish_waiting(now)
    told = [row for row in published(organization) if row.subject == f"work-order/{order.pk}"]
    assert told[-1].data["title"] == "Tap drips badly"
    with all_tenants(reason="test"):
        last = OutboxEvent.objects.get(pk=told[-1].cause_id)
        assert last.pk < min(row.cause_id for row in told[:-1])


def test_what_a_bus_has_not_read_is_kept_for_longer(admin: User, now: datetime) -> None:
    for _ in range(2):
        repair(admin, now)
        publication.publish_waiting(now)
    count = len(published())
    Outlet.objects.create(name="rabbitmq", position=1, next_at=now)
    late = now + publication.KEEP + timedelta(days=1)
    assert publication.clean_up(late) == 1
    assert [row.position for row in published()] == list(range(2, count + 1))
    Outlet.objects.update(position=2)
    assert publication.clean_up(late) == 1
    assert publication.clean_up(now + publication.KEEP_UNREAD + timedelta(days=1)) == count - 2
