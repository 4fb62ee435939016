"""`/metrics`: readable by Prometheus, and complete."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.utils import floatToGoString

from accounts.models import Organization
from core import outbox
from core.ids import first_id
from core.models import OutboxEvent, SweepState
from core.sweeps import registered
from core.tenancy import tenant_scope
from maintenance_site import figures
from notifications.models import Channel, Delivery
from reporting import metrics
from tests import factories

pytestmark = pytest.mark.django_db
Labels = tuple[Any, ...]
ROOT = Path(__file__).resolve().parents[2]


def scrape(**headers: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name and labels, read as Prometheus reads them."""
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {})
            found[sample.name][labels] = sample.value
    return found


def test_jobs_are_told(now: datetime) -> None:
    SweepState.objects.all().delete()
    moment = timezone.now() - timedelta(minutes=5)
    rows = {"next_run_at": moment, "last_succeeded_at": moment, "last_duration_ms": 1500}
    good, bad = [entry.name for entry in registered()][:2]
    runs = {"result": None, "runs": {"succeeded": 40, "failed": 2}}
    SweepState.objects.create(name=good, last_result=runs, **rows)
    SweepState.objects.create(name=bad, **{**rows, "last_error": "Boom"})
    SweepState.objects.create(name="a job of former times", **rows)
    found = scrape()
    assert found["mainstay_job_last_success"] == {(("job_name", good),): 1, (("job_name", bad),): 0}
    assert found["mainstay_job_last_seconds"][("job_name", good),] == 1.5
    assert 299 < found["mainstay_job_age_seconds"][("job_name", good),] < 400
    told = found["mainstay_job_runs_total"]
    assert told[("job_name", good), ("outcome", "succeeded")] == 40
    assert told[("job_name", good), ("outcome", "failed")] == 2
    assert told[("job_name", bad), ("outcome", "failed")] == 0


def test_an_app_tells_figures_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_sources", [*metrics._sources])

    @metrics.add_source
    def things(now: datetime) -> Iterable[Metric]:
        family = GaugeMetricFamily("mainstay_things", "Things by colour.", labels=["colour"])
        family.add_metric(["red"], OutboxEvent.objects.count())
        yield family

    assert metrics.add_source(things) is things  # twice is once
    assert scrape()["mainstay_things"] == {(("colour", "red"),): 0}


def test_the_database_is_told() -> None:
    found = scrape()
    assert 0 < found["mainstay_database_answer_seconds"][()] < 60
    assert found["mainstay_database_size_bytes"][()] > 100_000


def test_events_and_deliveries_of_every_organisation_are_told(
    organization: Organization, stranger: Organization
) -> None:
    moment = timezone.now() - timedelta(seconds=90)
    for place in (organization, stranger):
        with transaction.atomic():
            outbox.publish("kernel.thing.happened", {}, organization_id=place.pk, now=moment)
            lost = outbox.publish("kernel.thing.lost", {}, organization_id=place.pk, now=moment)
        with tenant_scope(place.pk):
            OutboxEvent.objects.park(lost.pk, now=moment, error="Boom")
            values = {"recipient": factories.user(place), "channel": Channel.EMAIL}
            values |= {"available_at": moment, "message_id": f"<{place.slug}@test>"}
            Delivery.objects.create(**values)
    found = scrape()
    assert found["mainstay_outbox_waiting"][()] == 2
    assert found["mainstay_outbox_parked"][()] == 2
    assert 89 < found["mainstay_outbox_oldest_seconds"][()] < 200
    assert found["mainstay_deliveries"][("channel", "email"), ("state", "pending")] == 2
    assert found["mainstay_database_up"][()] == 1


def test_deliveries_of_the_last_day_are_counted(organization: Organization) -> None:
    with tenant_scope(organization.pk):
        values = {"recipient": factories.user(organization), "channel": Channel.CHAT}
        for hours in (0, 23, 25):
            moment = timezone.now() - timedelta(hours=hours)
            rows = {"id": first_id(moment), "message_id": f"<{hours}@test>"}
            made = Delivery.objects.create(**values, **rows, available_at=moment)
            Delivery.objects.filter(pk=made.pk).update(created_at=moment)
    told = scrape()["mainstay_deliveries"]
    assert told[("channel", "chat"), ("state", "pending")] == 2


def test_deliveries_of_the_last_hour_are_counted_as_they_ended(organization: Organization) -> None:
    now = timezone.now()
    ended, before = now - timedelta(minutes=50), now - timedelta(minutes=70)
    ends: list[dict[str, Any]] = [
        {"state": "sent", "sent_at": ended, "attempts": 1},
        {"state": "sent", "sent_at": before, "attempts": 1},
        {"state": "failed", "failed_at": ended, "attempts": 8},
        {"state": "failed", "failed_at": before, "attempts": 8},
        {"state": "pending", "attempts": 2},
        {"state": "pending", "attempts": 1, "lease_until": now},  # on its way for the first time
        {"state": "pending", "attempts": 0},
    ]
    with tenant_scope(organization.pk):
        values = {"recipient": factories.user(organization), "channel": Channel.CHAT}
        for number, each in enumerate(ends):
            name = {"message_id": f"<{number}@test>", "available_at": now}
            Delivery.objects.create(**values, **name, **each)
    told = scrape()["mainstay_deliveries_last_hour"]
    of_chat = {state: told[("channel", "chat"), ("state", state)] for state in ("sent", "failed")}
    assert of_chat == {"sent": 1, "failed": 1}
    assert told[("channel", "chat"), ("state", "retrying")] == 1
    assert told[("channel", "email"), ("state", "sent")] == 0


def test_a_lost_database_is_told_instead_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as lost:
        lost.setattr(connection, "cursor", lose)
        found = scrape()
    assert found["mainstay_database_up"][()] == 0
    assert "mainstay_outbox_waiting" not in found


def test_the_token_is_asked_for() -> None:
    with override_settings(METRICS_TOKEN="s3cret"):
        for wrong in ("", "Bearer", "Bearer wrong", "s3cret", "Basic s3cret", "Bearer s3crét"):
            refused = Client().get("/metrics", headers={"Authorization": wrong})
            assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer"), wrong
        assert scrape(Authorization="Bearer s3cret")


def test_production_without_a_token_tells_nobody() -> None:
    with override_settings(PRODUCTION=True, METRICS_TOKEN=""):
        for given in ("", "Bearer ", "Bearer x"):
            assert Client().get("/metrics", headers={"Authorization": given}).status_code == 401


def test_a_scrape_asks_few_questions(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        scrape()


def test_labels_are_not_those_of_prometheus_itself() -> None:
    """It would rename them, and no rule would find them any more."""
    for name, samples in scrape().items():
        assert not {key for labels in samples for key, _ in labels} & {"job", "instance"}, name


def test_a_collector_is_told_what_prometheus_reads() -> None:
    Client().get("/health/live")
    families = list(metrics.registry().collect())
    message = encode_metrics(figures.told(families, now=time.time_ns()))
    (told,) = ExportMetricsServiceRequest.FromString(message.SerializeToString()).resource_metrics
    (scope,) = told.scope_metrics
    found: dict[Labels, float] = {}
    for metric in scope.metrics:
        found |= histograms(metric) if metric.HasField("histogram") else numbers(metric)
    assert found == {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    kinds = {metric.name: metric.WhichOneof("data") for metric in scope.metrics}
    assert kinds["django_http_responses_total_by_status_total"] == "sum"
    assert kinds["django_http_requests_latency_including_middlewares_seconds"] == "histogram"
    assert kinds["mainstay_outbox_waiting"] == "gauge"


def numbers(metric: Any) -> dict[Labels, float]:
    points = getattr(metric, metric.WhichOneof("data")).data_points
    return {(metric.name, *labels_of(point)): point.as_double for point in points}


def histograms(metric: Any) -> dict[Labels, float]:
    """As Prometheus writes them: so many up to each bound, their number and their sum."""
    found: dict[Labels, float] = {}
    for point in metric.histogram.data_points:
        labels, count = labels_of(point), 0
        for bound, between in zip([*point.explicit_bounds, inf], point.bucket_counts, strict=True):
            count += between
            le = ("le", floatToGoString(bound))
            found[(f"{metric.name}_bucket", *sorted([*labels, le]))] = count
        found[(f"{metric.name}_count", *labels)] = point.count
        found[(f"{metric.name}_sum", *labels)] = point.sum
    return found


def labels_of(point: Any) -> list[tuple[str, str]]:
    return sorted((each.key, each.value.string_value) for each in point.attributes)


COUNTING = """
import os, sys
from maintenance_site.process_counts import share_counts
share_counts()
import django
django.setup()
from django.test import Client
for _ in range(int(sys.argv[1])):
    Client().get("/health/live")
print(Client().get("/metrics").content.decode())
"""


def test_processes_of_a_node_count_together(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": "testserver"}
    environment |= {"DJANGO_SETTINGS_MODULE": "maintenance_site.settings"}
    stale = tmp_path / "metrics" / "elsewhere-1"
    stale.mkdir(parents=True)
    told = ""
    for times in ("3", "4"):
        command = [sys.executable, "-W", "ignore", "-c", COUNTING, times]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        told = done.stdout
    counts = re.findall(r"^django_http_requests_total_by_method_total\{.*?\} (\S+)", told, re.M)
    assert [float(count) for count in counts] == [9.0]  # 3 and its scrape, 4 and its scrape
    assert "mainstay_database_up" in told
    assert stale.exists()  # another machine's, on a shared folder
