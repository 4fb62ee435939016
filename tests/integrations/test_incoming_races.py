"""The same event many times at once has one effect."""

from datetime import UTC, datetime
from typing import Any

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.models import InboundEvent
from integrations.rules import incoming
from integrations.services.inbound import effects, receiving
from scheduling.models import Booking
from scheduling.services import resources
from tests import factories
from tests.threads import after_all, in_threads
from worklogs.models import WorkOrder
from worklogs.rules.predictions import Risk
from worklogs.services import predictions

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
RACERS = 20
#: As many as hold a connection at the same time.
FEW = 8


def came(type: str, data: Any, *, id: str = "1", minute: int = 0) -> incoming.Incoming:
    moment = NOW.replace(hour=7, minute=minute)
    return incoming.Incoming(id=id, source="/services/x", type=type, data=data, time=moment)


def race(organization: Organization, *events: incoming.Incoming, count: int = RACERS) -> list[str]:
    """The states when all come at once; nothing is raised."""

    def take(number: int) -> str:
        with tenant_scope(organization.pk):
            one = events[number % len(events)]
            return receiving.take(one, via="rabbitmq", by=None, now=NOW).state

    states, errors = in_threads(count, take)
    assert errors == []
    return states


COMPLAINT = came("guest.complaint_filed", {"description": "Cold", "room": "R1"})


def test_one_event_has_one_effect(scope: Organization) -> None:
    factories.resource(code="R1")
    race(scope, COMPLAINT)
    assert WorkOrder.objects.count() == InboundEvent.objects.count() == 1
    assert InboundEvent.objects.get().state == "applied"


def test_the_race_is_real(scope: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """When each takes the event for new and nobody looks at its state again, each makes a work order."""
    factories.resource(code="R1")
    receive, carry_out = receiving.receive, effects.carry_out
    all_have = after_all(FEW, lambda found: found)

    def as_new(*args: Any, **values: Any) -> tuple[InboundEvent, bool]:
        event, _ = receive(*args, **values)
        return all_have(event), True

    def without_looking(pk: Any, *, now: datetime) -> Any:
        event = InboundEvent.objects.get(pk=pk)
        carry_out(event, by=None, now=now)
        return event

    monkeypatch.setattr(receiving, "receive", as_new)
    monkeypatch.setattr(receiving, "apply", without_looking)
    race(scope, COMPLAINT, count=FEW)
    assert WorkOrder.objects.count() == FEW


def test_many_events_about_one_item_make_one_task(scope: Organization) -> None:
    factories.resource(code="R1")
    data = {"item_id": "T", "room": "R1"}
    kinds = ("inventory.low_stock", "inventory.critical_stock")
    events = [came(kinds[number % 2], data, id=str(number)) for number in range(RACERS)]
    assert set(race(scope, *events)) == {"applied"}
    assert WorkOrder.objects.get().priority == "critical"


def test_many_alerts_of_one_device_make_one_work_order(scope: Organization) -> None:
    factories.resource(code="R1")
    levels = ("high", "critical")
    events = [
        came("predictive.alert", {"device": "R1", "risk": levels[number % 2]}, id=str(number))
        for number in range(RACERS)
    ]
    assert set(race(scope, *events)) == {"applied"}
    assert WorkOrder.objects.get().priority == "critical"


def test_alerts_from_elsewhere_at_once_make_one_work_order(scope: Organization) -> None:
    """Whoever foresees the failure, and by whichever door: the service itself lets one through at a time."""
    pump = factories.resource()

    def foresee(number: int) -> None:
        with tenant_scope(scope.pk):
            told = predictions.Alert(pump, Risk("high"), source=f"s{number}", noticed_at=NOW)
            predictions.alert(told, by=None, now=NOW)

    _, errors = in_threads(RACERS, foresee)
    assert errors == []
    assert WorkOrder.objects.count() == 1


def test_lists_with_the_same_events_are_each_taken_once(scope: Organization) -> None:
    told = [came("x.y", {}, id=f"{number}") for number in range(500)]

    def take(number: int) -> list[str]:
        with tenant_scope(scope.pk):
            some = told if number % 2 else told[::-1]
            taken = receiving.take_all(some, via="api", by=None, now=NOW)
            return [one.event.event_id for one in taken if one.event and one.is_new]

    news, errors = in_threads(FEW, take)
    assert errors == []
    assert sorted(name for found in news for name in found) == sorted(one.id for one in told)


def test_the_news_of_a_booking_at_once_lead_to_the_newest(scope: Organization) -> None:
    factories.resource(code="R1")
    whole = {"starts_at": "2026-03-05T15:00:00Z", "ends_at": "2026-03-06T10:00:00Z", "room": "R1"}
    events = [
        came(
            "booking.created",
            {**whole, "reference": "B", "people": number},
            id=str(number),
            minute=number,
        )
        for number in range(RACERS)
    ]
    race(scope, *events)
    assert Booking.objects.get().people == RACERS - 1


def test_a_resource_that_appears_meanwhile_is_missed_by_nobody(scope: Organization) -> None:
    """Whoever parks before it is there is let go on by its event; whoever comes later finds it."""
    from tests.events import relay_all

    def act(number: int) -> None:
        with tenant_scope(scope.pk):
            if number == 0:
                made = factories.resource(code="Other")
                resources.update_resource(made, {"code": "R1"}, by=None, now=NOW)
            else:
                data = {"description": "Cold", "room": "R1"}
                one = came("guest.complaint_filed", data, id=str(number))
                receiving.take(one, via="redis", by=None, now=NOW)

    _, errors = in_threads(RACERS, act)
    assert errors == []
    relay_all(NOW)
    receiving.apply_due(now=datetime.now(UTC))
    assert WorkOrder.objects.count() == RACERS - 1
