"""Public events: in one order, as the catalogue describes them, for readers that take them as they can."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import Certificate, Organization, User
from accounts.rights import Role
from accounts.services import certificates
from core import catalogue, telling
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import Outlet, PublishedEvent
from integrations.rules.envelopes import Event, envelope
from integrations.services import outlets, publication, webhooks
from scheduling.models import DueState
from scheduling.services import bookings, occurrences, schedules, windows
from tests import factories, world
from tests.api import Client
from tests.events import relay_all
from worklogs.models import SlaPolicy, WorkOrder
from worklogs.services import orders, sla_sweep, talk

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


def test_everything_published_fits_the_catalogue(admin: User, now: datetime) -> None:
    repair(admin, now)
    repair(admin, now, kind="cleaning", task_type="checkout_cleaning")
    publication.publish_waiting(now)
    rows = published()
    assert {row.type for row in rows} >= {"task.created", "room.ready"} - {"room.ready"}
    for row in rows:
        found = catalogue.get(row.type)
        assert found is not None
        fits(found, row.data)


@pytest.mark.parametrize("name", [one.name for one in catalogue.all_types()])
def test_examples_fit_their_schemas(name: str) -> None:
    found = catalogue.get(name)
    assert found is not None
    Draft202012Validator.check_schema(dict(found.data))
    fits(found, found.example)


def fits(found: catalogue.EventType, data: Any) -> None:
    checker = Draft202012Validator(dict(found.data), format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(data)] == []


def test_names_that_others_know_are_kept() -> None:
    names = {one.name for one in catalogue.all_types()}
    assert names >= {
        *("task.created", "task.completed", "task.delayed", "room.ready", "maintenance.resolved"),
        *("work-order.created", "work-order.updated", "work-order.completed", "sla.violation"),
    }


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


def test_old_events_are_removed(admin: User, now: datetime) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    count = len(published())
    assert publication.clean_up(now + publication.KEEP) == 0
    assert publication.clean_up(now + publication.KEEP + timedelta(seconds=1)) == count


def _dates(by: User, now: datetime) -> None:
    """A schedule given to somebody, one date moved, one left out; a certificate that ends."""
    schedule = factories.schedule(now=now, start_at=now + timedelta(days=1))
    schedules.update_schedule(schedule, {"assigned_to": by}, by=by, now=now)
    case: Any = {
        "schedule_id": schedule.pk,
        "resource_id": schedule.resource_id,
        "by": by,
        "now": now,
    }
    occurrences.skip(**case, reason="Closed.")
    due_at = now + timedelta(days=33)
    following = DueState.objects.get(schedule=schedule).next_due_key
    occurrences.move(**case, occurrence_key=following, due_at=due_at)
    proof = Certificate.objects.get()
    Certificate.objects.filter(pk=proof.pk).update(expires_on=now.date())
    certificates.warn(zone="UTC", now=now)


def _work(by: User, now: datetime) -> None:
    """A cleaning that is late and makes its room ready, a comment, deadlines."""
    repair(by, now)
    order = repair(by, now, kind="cleaning", task_type="checkout_cleaning")
    talk.add_comment(order, "Done.", by=by, now=now)
    late = WorkOrder(resource=factories.resource(), title="Late", task_type="checkout_cleaning")
    orders.create_task(late, by=by, now=now, assignee=by)
    orders.give(late, "delay", {"reason": "Keys are lost."}, by=by, now=now)
    promised = SlaPolicy.objects.get(category="furniture")
    chair = factories.resource(type=promised.resource_type)
    factories.work_order(now=now, resource=chair, category="furniture")
    sla_sweep.sweep(now=now + timedelta(minutes=9, seconds=30))


def _use(by: User, now: datetime) -> None:
    """Windows from beginning to end, and a booking."""
    hour = timedelta(hours=1)
    window = factories.window(now, now + hour)
    changes = {"title": "Longer", "ends_at": now + 2 * hour}
    windows.update_window(window, changes, by=by, now=now)
    windows.start_window(window, by=by, now=now)
    windows.complete_window(window, by=by, now=now)
    other = factories.window(now + hour, now + 2 * hour)
    windows.cancel_window(other, reason="Not needed.", by=by, now=now)
    booking = factories.booking(now + hour, now + 2 * hour)
    bookings.update_booking(booking, {"people": 2}, by=by, now=now)


@pytest.mark.thorough
def test_all_that_happens_in_an_organization_fits_the_catalogue(organization: Organization) -> None:
    """Every type of the catalogue is told of something that came to be by its service."""
    chief, now = world.populate(organization), datetime.now(UTC)
    with tenant_scope(organization.pk):
        for happen in (_dates, _work, _use):
            happen(chief, now)
    relay_all(now)
    while publication.publish_waiting(now):
        pass
    with tenant_scope(organization.pk):
        assert not OutboxEvent.objects.untold().exists()
    rows = published()
    for row in rows:
        found = catalogue.get(row.type)
        assert found is not None
        fits(found, row.data)
    untold = {one.name for one in catalogue.all_types()} - {row.type for row in rows}
    assert untold == {webhooks.TEST}
