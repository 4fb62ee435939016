"""Failures that systems which watch machines foresee: told on, and of a high risk one open work order."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import InboundEvent, PublishedEvent
from integrations.rules.envelopes import redis_channel
from integrations.services import publication
from integrations.services.inbound import receiving
from notifications.models import Notification
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.events import relay_all
from tests.worklogs.service_levels import policy
from worklogs.models import WorkOrder
from worklogs.rules.predictions import Risk
from worklogs.services import orders, predictions

pytestmark = pytest.mark.django_db
ALERT = "predictive.alert"
FAILS_AT = "2126-12-03T10:00:00Z"
WEAR = {
    **{"device_id": "pump-3", "risk_level": "high", "health_score": 34, "confidence": 0.87},
    **{"failure_mode": "bearing_wear", "message": "Vibration of 7.1 mm/s."},
    "predicted_failure_at": FAILS_AT,
}


@pytest.fixture
def pump(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(code="P-3", name="Pump 3", external_id="pump-3")


@pytest.fixture
def client(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def inside(organization: Organization) -> Iterator[None]:
    with tenant_scope(organization.pk):
        yield


def alert(level: str = "high", *, id: str = "1", at: datetime | None = None) -> dict[str, Any]:
    """An alert of pump 3, noticed just now unless `at` says when."""
    event = {"specversion": "1.0", "id": id, "source": "/services/vibration", "type": ALERT}
    moment = (at or timezone.now()).isoformat()
    return {**event, "time": moment, "data": {"device_id": "pump-3", "risk_level": level}}


def send(client: Client, *events: Any) -> list[dict[str, Any]]:
    answer = client.post("events", list(events))
    assert answer.status_code == 202, answer.data
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def told() -> list[PublishedEvent]:
    publication.publish_waiting(timezone.now())
    return list(PublishedEvent.objects.filter(type=ALERT).order_by("position"))


def finish(order: WorkOrder, by: User, now: datetime) -> None:
    order.refresh_from_db()
    for name, given in (
        ("triage", {}),
        ("schedule", {"due_at": now}),
        ("assign", {"assigned_to": by}),
        ("start", {}),
        ("complete", {}),
    ):
        orders.give(order, name, given, by=by, now=now)


def test_a_high_risk_opens_a_work_order_that_says_what_was_said(
    client: Client, pump: Resource, admin: User, inside: None
) -> None:
    event = {**alert(), "data": WEAR}
    (found,) = send(client, event)
    order = WorkOrder.objects.get()
    assert (found["state"], found["problem"]) == ("applied", "")
    assert found["led_to"] == {"type": "work_order", "id": str(order.pk)}
    assert (order.title, order.resource) == ("Bearing wear foreseen: Pump 3", pump)
    assert order.description == (
        "High risk, health score 34 of 100, 87% sure. Failure expected Tue 3 Dec 2126, 11:00. "
        "Told by vibration.\n\nVibration of 7.1 mm/s."
    )
    assert (order.kind, order.order_type, order.status) == ("preventive", "predictive", "reported")
    assert (order.priority, order.priority_source) == ("high", "event")
    assert (order.due_at, order.schedule) == (datetime.fromisoformat(FAILS_AT), None)

    (again,) = send(client, event)
    assert (again["is_new"], again["led_to"]) == (False, found["led_to"])
    assert WorkOrder.objects.count() == len(told()) == 1


def test_it_is_told_on_to_whoever_listens(client: Client, pump: Resource, inside: None) -> None:
    send(client, {**alert(), "data": WEAR})
    order, (event,) = WorkOrder.objects.get(), told()
    assert (event.subject, event.version) == (f"resource/{pump.pk}", 1)
    assert redis_channel(event.type) == "maintenance:predictive:alert"
    noticed_at = event.data["noticed_at"]
    assert datetime.fromisoformat(noticed_at) == InboundEvent.objects.get().happened_at
    assert event.data == {
        "resource": {"id": str(pump.pk), "code": "P-3", "name": "Pump 3", "external_id": "pump-3"},
        **{"venue_id": "pump-3", "risk_level": "high", "source": "vibration"},
        **{"failure_mode": "bearing_wear", "message": "Vibration of 7.1 mm/s."},
        **{"health_score": 34, "confidence": 0.87, "noticed_at": noticed_at},
        "predicted_failure_at": FAILS_AT.replace("Z", "+00:00"),
        **{"work_order_id": str(order.pk), "number": order.number},
    }


@pytest.mark.parametrize("level", ["low", "medium"])
def test_a_lower_risk_is_only_told(
    client: Client, pump: Resource, inside: None, level: str
) -> None:
    (found,) = send(client, alert(level))
    assert found["led_to"] == {"type": "resource", "id": str(pump.pk)}
    assert found["problem"] == "The risk is not high: it is told, and no work order is opened."
    assert not WorkOrder.objects.exists()
    (event,) = told()
    assert (event.data["risk_level"], event.data["work_order_id"]) == (level, None)


def test_one_order_stands_for_the_device_and_what_is_critical_raises_it(
    client: Client, pump: Resource, inside: None
) -> None:
    first, second = send(client, alert(), alert(id="2"))
    order = WorkOrder.objects.get()
    assert order.title == "High risk of failure: Pump 3"
    assert second["led_to"] == first["led_to"]
    assert second["problem"] == "A work order for it is open already."
    (third,) = send(client, alert("critical", id="3"))
    order.refresh_from_db()
    assert (third["led_to"], third["problem"]) == (first["led_to"], "")
    assert (order.priority, order.priority_source) == ("critical", "event")
    assert order.description.split("\n\n") == [
        "High risk. Told by vibration.",
        "Critical risk. Told by vibration.",
    ]
    assert [row.data["risk_level"] for row in told()] == ["high", "high", "critical"]
    assert {row.data["number"] for row in told()} == {order.number}


@pytest.mark.parametrize("order_of_coming", list(permutations(range(3))))
def test_in_whatever_order_they_come_the_highest_risk_holds(
    client: Client, pump: Resource, inside: None, order_of_coming: tuple[int, ...]
) -> None:
    now = timezone.now()
    events = [
        alert(level, id=level, at=now + timedelta(minutes=number))
        for number, level in enumerate(("high", "critical", "medium"))
    ]
    send(client, *(events[number] for number in order_of_coming))
    assert WorkOrder.objects.get().priority == "critical"


def test_a_person_who_lowers_it_is_overruled_by_worse_news_only(
    client: Client, pump: Resource, admin: User, inside: None, now: datetime
) -> None:
    send(client, alert())
    order = WorkOrder.objects.get()
    for level, number, priority in (
        ("high", "2", "low"),
        ("critical", "3", "critical"),
        ("critical", "4", "low"),
    ):
        orders.change_order(order, {"priority": "low"}, by=admin, now=now)
        send(client, alert(level, id=number))
        order.refresh_from_db()
        assert order.priority == priority


def test_after_the_work_only_what_was_noticed_later_opens_another(
    client: Client, pump: Resource, admin: User, inside: None
) -> None:
    now = timezone.now()
    send(client, alert(at=now - timedelta(hours=2)))
    order = WorkOrder.objects.get()
    finish(order, admin, now)
    (late,) = send(client, alert("critical", id="2", at=now - timedelta(hours=1)))
    assert late["led_to"] == {"type": "work_order", "id": str(order.pk)}
    assert late["problem"] == "The work on it ended after this was noticed."
    assert WorkOrder.objects.count() == 1
    send(client, alert(id="3", at=now + timedelta(minutes=1)))
    again = WorkOrder.objects.exclude(pk=order.pk).get()
    assert (again.status, again.priority) == ("reported", "high")


def test_other_work_and_other_devices_are_no_matter(
    client: Client, pump: Resource, inside: None, now: datetime
) -> None:
    factories.work_order(now=now, resource=pump, kind="preventive")
    factories.resource(code="P-4")
    other = alert(id="2") | {"data": {"asset_id": "P-4", "risk": "CRITICAL"}}
    send(client, alert(), other)
    made = WorkOrder.objects.filter(order_type="predictive")
    assert {(row.resource.code, row.priority) for row in made} == {
        ("P-3", "high"),
        ("P-4", "critical"),
    }


def test_an_alert_of_an_unknown_device_waits_for_it(client: Client, inside: None) -> None:
    (found,) = send(client, alert())
    assert (found["state"], WorkOrder.objects.count(), told()) == ("parked", 0, [])
    factories.resource(code="pump-3", name="Pump")
    relay_all(timezone.now())
    receiving.apply_due(now=timezone.now())
    assert WorkOrder.objects.get().title == "High risk of failure: Pump"


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({"device_id": ""}, "device_id", "Which device is it about?"),
        ({"risk_level": None}, "risk_level", "How high is the risk?"),
        ({"risk_level": "terrible"}, "risk_level", "One of low, medium, high, critical."),
        ({"risk_level": ["high"]}, "risk_level", "One of low, medium, high, critical."),
        ({"health_score": 101}, "health_score", "A number from 0 to 100."),
        ({"health_score": -1}, "health_score", "A number from 0 to 100."),
        ({"health_score": True}, "health_score", "A number from 0 to 100."),
        ({"confidence": 1.01}, "confidence", "A number from 0 to 1."),
        ({"confidence": "sure"}, "confidence", "A number from 0 to 1."),
        ({"predicted_failure_at": "soon"}, "predicted_failure_at", "A time in ISO 8601"),
        ({"message": 5_001 * "x"}, "message", "It has 5001 characters; 5000 are possible."),
    ],
)
def test_wrong_values_are_refused_with_a_sentence(
    client: Client, inside: None, data: Any, field: str, sentence: str
) -> None:
    answer = client.post("events", {**alert(), "data": WEAR | data})
    assert answer.status_code == 400
    (found,) = answer.json()[f"data.{field}"]
    assert found.startswith(sentence)
    assert not InboundEvent.objects.exists()


def test_a_failure_foreseen_for_the_past_sets_no_due_date(
    client: Client, pump: Resource, inside: None
) -> None:
    send(client, alert() | {"data": WEAR | {"predicted_failure_at": "2020-01-01T00:00:00Z"}})
    assert WorkOrder.objects.get().due_at is None


def test_its_promise_and_messages_are_those_of_any_order(
    client: Client, pump: Resource, admin: User, inside: None
) -> None:
    planner = factories.user(pump.organization, role=Role.MAINTENANCE_COORDINATOR)
    promised = policy(priority="high", resolution_minutes=60)
    send(client, alert())
    order = WorkOrder.objects.get()
    assert order.sla_policy == promised
    relay_all(timezone.now())
    heard = Notification.objects.filter(recipient=planner, object_id=order.pk)
    assert [row.title for row in heard] == [
        f"New report: #{order.number} High risk of failure: Pump 3 – Pump 3 (P-3)"
    ]


def test_a_calculation_here_tells_by_the_same_service(pump: Resource, inside: None) -> None:
    now = timezone.now()
    said = predictions.Alert(pump, Risk("critical", health_score=12.5), "mainstay", now)
    answer = predictions.alert(said, by=None, now=now)
    assert answer.order == WorkOrder.objects.get()
    assert answer.order.description == "Critical risk, health score 12.5 of 100. Told by mainstay."
    assert [row.data["source"] for row in told()] == ["mainstay"]


def test_the_console_shows_what_it_led_to(
    client: Client, pump: Resource, admin: User, inside: None
) -> None:
    send(client, alert("medium"))
    event = InboundEvent.objects.get()
    shown = signed_in(admin).get(reverse("admin:incoming_event", args=[event.pk]))
    assert reverse("admin:resource_detail", args=[pump.pk]) in shown.content.decode()
