"""Who is told what about reports and work orders: once, in plain words, and never whoever did it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import Organization, User
from accounts.rights import Role
from notifications.models import Delivery, Notification
from notifications.services import preferences
from notifications.services.deliveries import deliver_due
from scheduling.models import Resource, ResourceEntrustment
from tests import factories
from tests.api import Client as Api
from tests.events import relay_all
from worklogs.models import WorkOrder, WorkOrderFollower
from worklogs.services import orders, portal, reports, talk, triage

pytestmark = pytest.mark.django_db
MAIL = "guest@example.org"


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(name="Room 104", code="R104")


@pytest.fixture
def desk(user_with: Callable[[Role], User]) -> User:
    return user_with(Role.MAINTENANCE_COORDINATOR)


@pytest.fixture
def worker(user_with: Callable[[Role], User]) -> User:
    return user_with(Role.TECHNICIAN)


@pytest.fixture
def asker(user_with: Callable[[Role], User], room: Resource) -> User:
    """A requester who owns the room."""
    person = user_with(Role.REQUESTER)
    room.owner = person
    room.save()
    return person


def report(room: Resource, now: datetime, *, by: User | None = None, **values: Any) -> WorkOrder:
    email = str(values.pop("contact_email", ""))
    order = WorkOrder(**{"resource": room, "title": "Tap drips", **values})
    reports.submit(order, by=by, now=now, contact_email=email)
    return order


def titles(person: User) -> list[str]:
    rows = Notification.objects.filter(recipient=person).order_by("created_at", "pk")
    return [title.partition(":")[0] for title in rows.values_list("title", flat=True)]


def test_the_whole_way_of_a_report(
    room: Resource, desk: User, worker: User, asker: User, now: datetime
) -> None:
    order = report(room, now, by=asker)
    relay_all(now)
    assert titles(desk) == ["New report"]
    assert titles(asker) == titles(worker) == []
    given = {"assigned_to": worker, "due_at": now + timedelta(days=1)}
    triage.decide(order, "assign", given, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == ["Yours now"]
    assert titles(asker) == ["Planned"]
    orders.give(order, "start", {}, by=worker, now=now)
    orders.give(order, "complete", {}, by=worker, now=now)
    relay_all(now)
    assert titles(desk) == ["New report", "Done, to be verified"]
    assert titles(asker) == ["Planned", "Done"]
    orders.give(order, "reopen", {"reason": "Still drips"}, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == ["Yours now", "Yours again"]
    for name in ("start", "complete"):
        orders.give(order, name, {}, by=worker, now=now)
    orders.give(order, "verify", {}, by=desk, now=now)
    relay_all(now)
    assert titles(asker) == ["Planned", "Done"]
    assert titles(desk) == ["New report", "Done, to be verified"]
    told = Notification.objects.filter(recipient=asker)
    assert not any(worker.name in f"{row.title}{row.message}" for row in told)
    assert {row.object_type for row in told} == {"report"}


def test_a_warranty_is_told_to_who_decides_and_who_does_it(
    room: Resource, desk: User, worker: User, now: datetime
) -> None:
    earlier = factories.work_order_in("completed", assigned_to=worker, resource=room, now=now)
    orders.change_order(earlier, {"warranty_until": now.date()}, by=desk, now=now)
    relay_all(now)
    Notification.objects.all().delete()
    order = report(room, now)
    given = {"assigned_to": worker, "due_at": now + timedelta(days=1)}
    relay_all(now)
    triage.decide(order, "assign", given, by=desk, now=now)
    relay_all(now)
    warranty = f"Under warranty until Wed 4 Mar 2026: #{earlier.number} {earlier.title}."
    for person in (desk, worker):
        [row] = Notification.objects.filter(recipient=person)
        assert f"{warranty} Claim it before money is spent." in row.message
    cleaning = factories.work_order_in(
        "assigned", assigned_to=worker, resource=room, kind="cleaning", now=now
    )
    relay_all(now)
    told = Notification.objects.get(recipient=worker, object_id=cleaning.pk)
    assert "warranty" not in told.message


def test_whoever_did_it_is_not_told(
    room: Resource, desk: User, worker: User, now: datetime
) -> None:
    order = report(room, now, by=desk)
    given = {"assigned_to": desk, "due_at": now}
    triage.decide(order, "assign", given, by=desk, now=now)
    orders.give(order, "reassign", {"assigned_to": worker}, by=desk, now=now)
    orders.give(order, "reassign", {"assigned_to": desk}, by=desk, now=now)
    orders.give(order, "cancel", {"reason": "Sold"}, by=desk, now=now)
    relay_all(now)
    assert titles(desk) == []
    assert titles(worker) == ["No longer yours"]


def test_work_that_is_cancelled_or_handed_over(
    room: Resource, desk: User, worker: User, admin: User, now: datetime
) -> None:
    order = factories.work_order_in("assigned", assigned_to=worker, resource=room, now=now)
    relay_all(now)
    orders.give(order, "reassign", {"assigned_to": admin}, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == ["Yours now", "No longer yours"]
    assert titles(admin) == ["Yours now"]
    orders.give(order, "cancel", {"reason": "The tap is gone"}, by=desk, now=now)
    relay_all(now)
    last = Notification.objects.filter(recipient=admin).latest("created_at", "pk")
    assert last.title.startswith("Cancelled: #")
    assert "The tap is gone" in last.message


def test_a_stranger_hears_by_mail_once_each(room: Resource, desk: User, now: datetime) -> None:
    order = report(room, now, contact_email=MAIL)
    relay_all(now)
    relay_all(now)
    given = {"assigned_to": desk, "due_at": now, "scheduled_start_at": now + timedelta(hours=2)}
    triage.decide(order, "assign", given, by=desk, now=now)
    for name in ("start", "complete"):
        orders.give(order, name, {}, by=desk, now=now)
        relay_all(now)
    deliver_due(now)
    mine = [letter for letter in mail.outbox if letter.to == [MAIL]]
    assert [letter.subject for letter in mine] == [
        "We have your report: Tap drips", "Planned: Tap drips", "Done: Tap drips",
    ]  # fmt: skip
    follower = WorkOrderFollower.objects.get()
    for letter in mine:
        link = portal.follow_address(follower)
        assert link in letter.body
        assert link in letter.extra_headers["List-Unsubscribe"]
        assert desk.name not in letter.body
    assert len({letter.extra_headers["References"] for letter in mine}) == 1
    assert not Delivery.objects.filter(follower=follower).exclude(address="").exists()


@pytest.mark.parametrize("what", ["reject", "duplicate"])
def test_what_is_not_acted_on_is_explained(
    room: Resource, desk: User, now: datetime, what: str
) -> None:
    original = factories.work_order_in("in_progress", assigned_to=desk, resource=room, now=now)
    relay_all(now)
    order = report(room, now, contact_email=MAIL)
    given = {"reason": "It is meant to be so", "duplicate_of": original}
    triage.decide(order, what, given, by=desk, now=now)
    relay_all(now)
    orders.give(original, "complete", {}, by=desk, now=now)
    relay_all(now)
    deliver_due(now)
    bodies = [letter.body for letter in mail.outbox if letter.to == [MAIL]]
    if what == "reject":
        assert len(bodies) == 2
        assert "Why: It is meant to be so." in bodies[1]
    else:
        assert "Others told us as well" in bodies[1]
        assert bodies[2].startswith("Done: Tap drips")


def test_who_wants_no_more_mail_gets_none(room: Resource, now: datetime) -> None:
    report(room, now, contact_email=MAIL)
    relay_all(now)
    reports.stop_mail(WorkOrderFollower.objects.get(), now=now)
    assert deliver_due(now)["dropped"] == 1
    assert mail.outbox == []


def test_an_address_that_fails_stands_nowhere(
    room: Resource, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(room, now, contact_email=MAIL)
    relay_all(now)

    def refuse(*_: object) -> None:
        raise ValueError(f"550 no mailbox {MAIL}")

    monkeypatch.setattr("notifications.channels.email.EmailChannel.send", refuse)
    deliver_due(now)
    assert MAIL not in str(list(Delivery.objects.values_list("last_error", "address", "subject")))


def test_safety_leaves_at_once(room: Resource, desk: User, now: datetime) -> None:
    report(room, now, safety_concern=True)
    relay_all(now)
    told = Notification.objects.get(recipient=desk)
    assert told.kind == "safety_report"
    assert told.priority == "urgent"
    assert Delivery.objects.get(recipient=desk).available_at == now
    other = report(room, now)
    assert other.safety_concern is False
    relay_all(now)
    assert titles(desk) == ["Somebody could get hurt", "New report"]


def test_reports_go_to_those_who_decide_there(
    room: Resource, user_with: Callable[[Role], User], admin: User, now: datetime
) -> None:
    here, elsewhere = user_with(Role.VENUE_ADMIN), user_with(Role.VENUE_ADMIN)
    ResourceEntrustment.objects.create(user=elsewhere, resource=factories.resource())
    report(room, now)
    relay_all(now)
    assert titles(admin) == ["New report"]
    ResourceEntrustment.objects.create(user=here, resource=room)
    report(room, now)
    relay_all(now)
    assert titles(here) == ["New report"]
    assert titles(elsewhere) == []
    assert titles(admin) == ["New report"]


def test_escalation_reaches_those_above(
    room: Resource, desk: User, worker: User, admin: User, now: datetime
) -> None:
    order = factories.work_order_in("assigned", assigned_to=worker, resource=room, now=now)
    for number in (1, 2):
        orders.give(order, "escalate", {"reason": f"No part {number}"}, by=worker, now=now)
    relay_all(now)
    for person in (desk, admin):
        assert titles(person)[-2:] == ["Escalated", "Escalated"]
    last = Notification.objects.filter(recipient=admin).order_by("pk").last()
    assert last
    assert "No part" in last.message
    assert "Escalated" not in titles(worker)


def test_a_delay_reaches_planners_the_assignee_and_whoever_reported(
    room: Resource, desk: User, worker: User, asker: User, now: datetime, time_machine: Any
) -> None:
    """Each but whoever said so, with the reason; whoever reported in plain words, once however often it is said."""
    time_machine.move_to(now, tick=False)
    order = report(room, now, by=asker)
    for name, given in (
        ("triage", {}),
        ("schedule", {"due_at": now + timedelta(days=1)}),
        ("assign", {"assigned_to": worker}),
    ):
        orders.give(order, name, given, by=desk, now=now)
    late = {"reason": "The washer comes tomorrow", "scheduled_end_at": now + timedelta(days=2)}
    assert (
        Api(worker).post(f"work-orders/{order.pk}/delay", {"reason": late["reason"]}).status_code
        == 200
    )
    relay_all(now)
    relay_all(now)
    assert titles(desk).count("Will be late") == 1
    assert "Will be late" not in titles(worker)
    assert titles(asker).count("Takes longer") == 1
    told = Notification.objects.get(recipient=desk, title__startswith="Will be late")
    assert told.kind == "order_delayed"
    assert "Why: The washer comes tomorrow." in told.message
    assert told.why == "You look after work here, or do this work."
    assert told.action_url.endswith(f"{order.pk}/")

    order.refresh_from_db()
    orders.give(order, "delay", late, by=desk, now=now)
    relay_all(now)
    assert titles(worker).count("Will be late") == 1
    assert (
        "Planned to be done"
        in Notification.objects.get(recipient=worker, title__startswith="Will be late").message
    )
    assert titles(desk).count("Will be late") == 1
    assert titles(asker).count("Takes longer") == 1
    assert (
        "The washer"
        not in Notification.objects.get(recipient=asker, title__startswith="Takes longer").message
    )


def test_comments(
    room: Resource, desk: User, worker: User, admin: User, asker: User, now: datetime
) -> None:
    order = report(room, now, contact_email=MAIL)
    talk.add_comment(order, "Which tap?", by=desk, now=now, mentioned=[admin, asker])
    relay_all(now)
    assert any("mentions you" in row.title for row in Notification.objects.filter(recipient=admin))
    assert Notification.objects.filter(recipient=asker, kind="order_comment").count() == 1
    assert Notification.objects.filter(recipient=worker).count() == 0
    reports.add_note(WorkOrderFollower.objects.get(), "The left one", now=now)
    relay_all(now)
    told = Notification.objects.filter(recipient=desk, kind="order_comment").get()
    assert told.title.startswith("Whoever reported it: #")
    assert told.message == "The left one"


def test_nobody_hears_what_they_may_not_see(
    room: Resource, desk: User, user_with: Callable[[Role], User], now: datetime
) -> None:
    order, follower = report(room, now), user_with(Role.REQUESTER)
    reports.follow(order, by=follower, now=now)
    talk.add_comment(order, "Internal", by=desk, now=now)
    relay_all(now)
    assert titles(follower) == []


def test_preferences_hold(room: Resource, desk: User, now: datetime) -> None:
    off = {("report_received", "in_app"): False, ("report_received", "email"): False}
    preferences.choose(desk, off, by=desk, now=now)
    report(room, now)
    relay_all(now)
    assert titles(desk) == []


def test_what_is_decided_already_is_no_news(
    room: Resource, desk: User, admin: User, now: datetime
) -> None:
    order = report(room, now)
    orders.give(order, "triage", {}, by=admin, now=now)
    relay_all(now)
    assert titles(desk) == []
