"""Figures of the background work for Prometheus, read from the database at each scrape.

Requests are counted by django-prometheus; here stand the periodic jobs, the outbox and the deliveries, which may run
on any node.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.registry import Collector

from core.models import OutboxEvent, SweepState
from core.tenancy import all_tenants
from notifications.models import Delivery

_PERIOD = timedelta(days=1)


class BackgroundCollector(Collector):
    """Jobs, outbox and deliveries as gauges."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing at registration: the database may not be there yet."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family per figure."""
        yield from _jobs()
        with all_tenants(reason="operators watch the whole installation"):
            yield from _outbox()
            yield _deliveries()


def _jobs() -> Iterator[GaugeMetricFamily]:
    success = GaugeMetricFamily(
        "mainstay_job_last_success", "1 when the job's last run succeeded.", labels=["job"]
    )
    seconds = GaugeMetricFamily(
        "mainstay_job_last_seconds", "How long the job's last run took.", labels=["job"]
    )
    age = GaugeMetricFamily(
        "mainstay_job_age_seconds", "Time since the job last succeeded.", labels=["job"]
    )
    now = timezone.now()
    for state in SweepState.objects.order_by("pk"):
        success.add_metric([state.name], 0 if state.last_error else 1)
        seconds.add_metric([state.name], (state.last_duration_ms or 0) / 1000)
        if state.last_succeeded_at:
            age.add_metric([state.name], (now - state.last_succeeded_at).total_seconds())
    yield from (success, seconds, age)


def _outbox() -> Iterator[GaugeMetricFamily]:
    waiting = OutboxEvent.objects.filter(finished_at=None)
    yield GaugeMetricFamily(
        "mainstay_outbox_waiting",
        "Events not handled yet.",
        value=waiting.filter(failed_at=None).count(),
    )
    yield GaugeMetricFamily(
        "mainstay_outbox_parked",
        "Events given up.",
        value=waiting.filter(failed_at__isnull=False).count(),
    )


def _deliveries() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "mainstay_deliveries",
        "Deliveries created in the last 24 hours by channel and state.",
        labels=["channel", "state"],
    )
    since = timezone.now() - _PERIOD
    rows = Delivery.objects.filter(created_at__gte=since).values_list("channel", "state").order_by()
    for channel, state, count in rows.annotate(count=Count("pk")):
        family.add_metric([channel, state], count)
    return family


def register() -> None:
    """Once per process."""
    REGISTRY.register(BackgroundCollector())
