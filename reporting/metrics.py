"""Figures of the background work for Prometheus, read from the database at each scrape.

Requests are counted by django-prometheus in the web processes; here stand the periodic jobs, the outbox and the
deliveries, which may run on any node. Every node tells the same, so rules take `max` or `min` over the nodes.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.registry import Collector

from core.models import OutboxEvent, SweepState
from core.tenancy import all_tenants
from notifications.models import Delivery

PROCESS_FILES = "PROMETHEUS_MULTIPROC_DIR"
_PERIOD = timedelta(days=1)


def registry() -> CollectorRegistry:
    """Everything there is to tell: of all web processes of this node when they share a folder of counts."""
    if PROCESS_FILES not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    shared.register(BackgroundCollector())
    return shared


class BackgroundCollector(Collector):
    """Jobs, outbox and deliveries as gauges."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing at registration: the database may not be there yet."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family per figure; of a lost database only that it is lost."""
        now = timezone.now()
        try:
            with all_tenants(reason="operators watch the whole installation"):
                families = [*_jobs(now), *_outbox(now), _deliveries(now)]
        except DatabaseError:
            families = []
        yield GaugeMetricFamily(
            "mainstay_database_up", "1 when the database answers.", value=bool(families)
        )
        yield from families


def _jobs(now: datetime) -> Iterable[GaugeMetricFamily]:
    success = GaugeMetricFamily(
        "mainstay_job_last_success", "1 when the job's last run succeeded.", labels=["job"]
    )
    seconds = GaugeMetricFamily(
        "mainstay_job_last_seconds", "How long the job's last run took.", labels=["job"]
    )
    age = GaugeMetricFamily(
        "mainstay_job_age_seconds", "Time since the job last succeeded.", labels=["job"]
    )
    for state in SweepState.objects.order_by("pk"):
        success.add_metric([state.name], 0 if state.last_error else 1)
        seconds.add_metric([state.name], (state.last_duration_ms or 0) / 1000)
        if state.last_succeeded_at:
            age.add_metric([state.name], (now - state.last_succeeded_at).total_seconds())
    return success, seconds, age


def _outbox(now: datetime) -> Iterable[GaugeMetricFamily]:
    unfinished = OutboxEvent.objects.filter(finished_at=None)
    waiting = unfinished.filter(failed_at=None).aggregate(
        count=Count("pk"), oldest=Min("occurred_at")
    )
    oldest: datetime = waiting["oldest"] or now
    parked = unfinished.filter(failed_at__isnull=False).count()
    return (
        GaugeMetricFamily(
            "mainstay_outbox_waiting", "Events not handled yet.", value=waiting["count"]
        ),
        GaugeMetricFamily(
            "mainstay_outbox_oldest_seconds",
            "How long the oldest of them has waited.",
            value=max((now - oldest).total_seconds(), 0),
        ),
        GaugeMetricFamily("mainstay_outbox_parked", "Events given up.", value=parked),
    )


def _deliveries(now: datetime) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "mainstay_deliveries",
        "Deliveries created in the last 24 hours by channel and state.",
        labels=["channel", "state"],
    )
    rows = Delivery.objects.filter(created_at__gte=now - _PERIOD).order_by()
    counts = rows.values_list("channel", "state").annotate(count=Count("pk"))
    for channel, state, count in counts:
        family.add_metric([channel, state], count)
    return family


def register() -> None:
    """Once per process."""
    REGISTRY.register(BackgroundCollector())
