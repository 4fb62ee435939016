"""Whether anybody hears what others tell is a figure of its own: silence of the others is no fault."""

from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Organization
from core import lanes
from core.ids import new_id
from core.lanes import Clock
from core.models import SweepState
from core.tenancy import tenant_scope
from integrations import lanes as ours
from integrations.models import Webhook, WebhookDelivery
from integrations.services.inbound import listening

pytestmark = pytest.mark.django_db


class Bus:
    """An inlet whose server answers or does not."""

    def __init__(self) -> None:
        self.hears = True

    def work(self, clock: Clock) -> int:
        return 0

    def close(self) -> None: ...


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    """The only inlet of this installation, listened to without pauses between its beats."""
    monkeypatch.setattr(lanes, "_lanes", {})
    monkeypatch.setattr(listening, "EVERY_SECONDS", 0.0)
    made = Bus()
    ours._inlet("testbus", made)
    return made


def told(name: str) -> dict[Any, float]:
    text = Client().get("/metrics").content.decode()
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def work(at: datetime) -> None:
    (lane,) = lanes.of_groups([lanes.Group.CONSUME])
    assert lane.work(lambda: at) == 0


def silence() -> float:
    return told("mainstay_inlet_silent_seconds")[("testbus",)]


def test_an_inlet_that_nobody_listens_to_is_silent_for_ever(bus: Bus) -> None:
    assert silence() == inf


def test_silence_lasts_since_the_server_answered_last(bus: Bus) -> None:
    now = timezone.now()
    work(now - timedelta(minutes=9))
    work(now - timedelta(minutes=5))
    bus.hears = False
    work(now)
    assert 299 < silence() < 400
    bus.hears = True
    work(timezone.now())
    assert silence() < 60


def test_a_beat_now_and_then_is_enough(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "EVERY_SECONDS", 3_600.0)
    now = timezone.now()
    work(now - timedelta(minutes=5))
    work(now)
    assert 299 < silence() < 400


def test_an_inlet_is_no_job(bus: Bus) -> None:
    work(timezone.now())
    assert SweepState.objects.filter(name="inlet testbus").exists()
    assert ("inlet testbus",) not in told("mainstay_job_last_success")


def test_attempts_of_webhooks_are_told_by_outcome(organization: Organization) -> None:
    now = timezone.now()
    with tenant_scope(organization.pk):
        hook = Webhook(name="Hook", url="https://receiver.example/", next_at=now, position=0)
        hook.save()
        rows = [("taken", 200, 5), ("taken", 200, 70), ("refused", 500, 5), ("unreached", None, 59)]
        for outcome, status, minutes in rows:
            WebhookDelivery.objects.create(
                webhook=hook,
                event_id=new_id(),
                event_type="task.created",
                outcome=outcome,
                status_code=status,
                at=now - timedelta(minutes=minutes),
            )
    assert told("mainstay_webhook_deliveries_last_hour") == {
        ("webhook", "sent"): 1,
        ("webhook", "failed"): 2,
    }
