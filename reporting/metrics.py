"""Figures of the background work for Prometheus, read from the database at each scrape.

Requests are counted by django-prometheus in the web processes; here stand the database, the periodic jobs, the outbox
and the deliveries, which may run on any node, and what other apps add. Every node tells the same, so rules take `max`
or `min` over the nodes.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product

from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import REGISTRY, CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core import sweeps
from core.models import OutboxEvent, SweepState
from core.tenancy import all_tenants
from notifications.models import Channel, Delivery

#: Reads figures of the whole installation at a moment; called outside any tenant scope but with all rows in reach.
Source = Callable[[datetime], Iterable[Metric]]

PROCESS_FILES = "PROMETHEUS_MULTIPROC_DIR"
_PERIOD, _LATELY = timedelta(days=1), timedelta(hours=1)


def registry() -> CollectorRegistry:
    """Everything there is to tell: of all web processes of this node when they share a folder of counts."""
    if PROCESS_FILES not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    shared.register(BackgroundCollector())
    return shared


def add_source(source: Source) -> Source:
    """Let an app tell figures of its own, at each scrape; register from `AppConfig.ready`, or as a decorator.

    Gauges, or counters kept in the database, named `mainstay_<thing>_<unit>` in base units (seconds, bytes) as
    `promtool check metrics` wants them. Labels hold kinds and names of parts of the installation, never ids of rows:
    each value is a time series. `job` and `instance` are labels of Prometheus itself. A few constant queries, cheap at
    any table size; one that fails tells that the database is lost.
    """
    if source not in _sources:
        _sources.append(source)
    return source


class BackgroundCollector(Collector):
    """What the sources tell."""

    def describe(self) -> Iterator[Metric]:
        """Nothing at registration: the database may not be there yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """One family per figure; of a lost database only that it is lost."""
        now = timezone.now()
        families: list[Metric] = []
        try:
            with all_tenants(reason="operators watch the whole installation"):
                for source in _sources:
                    families += source(now)
        except DatabaseError:
            families = []
        yield GaugeMetricFamily(
            "mainstay_database_up", "1 when the database answers.", value=int(bool(families))
        )
        yield from families


def _database(now: datetime) -> Iterable[Metric]:
    """How long a question takes that asks nothing; how large the database is."""
    size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    if connection.vendor == "postgresql":
        size = "SELECT pg_database_size(current_database())"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # an idle connection may have to be made anew
        started = time.perf_counter()
        cursor.execute("SELECT 1")
        seconds = time.perf_counter() - started
        cursor.execute(size)
        (used,) = cursor.fetchone()
    return (
        GaugeMetricFamily(
            "mainstay_database_answer_seconds",
            "How long the database takes to answer.",
            value=seconds,
        ),
        GaugeMetricFamily("mainstay_database_size_bytes", "What the database takes.", value=used),
    )


def _jobs(now: datetime) -> Iterable[Metric]:
    success = GaugeMetricFamily(
        "mainstay_job_last_success", "1 when the job's last run succeeded.", labels=["job_name"]
    )
    seconds = GaugeMetricFamily(
        "mainstay_job_last_seconds", "How long the job's last run took.", labels=["job_name"]
    )
    age = GaugeMetricFamily(
        "mainstay_job_age_seconds", "Time since the job last succeeded.", labels=["job_name"]
    )
    runs = CounterMetricFamily(
        "mainstay_job_runs", "Runs of the job by outcome.", labels=["job_name", "outcome"]
    )
    names = [entry.name for entry in sweeps.registered()]  # rows of former jobs stay behind
    for state in SweepState.objects.filter(pk__in=names).order_by("pk"):
        success.add_metric([state.name], 0 if state.last_error else 1)
        seconds.add_metric([state.name], (state.last_duration_ms or 0) / 1000)
        if state.last_succeeded_at:
            age.add_metric([state.name], (now - state.last_succeeded_at).total_seconds())
        for outcome, number in state.runs.items():
            runs.add_metric([state.name, outcome], number)
    return success, seconds, age, runs


def _outbox(now: datetime) -> Iterable[Metric]:
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


def _deliveries(now: datetime) -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "mainstay_deliveries",
        "Deliveries created in the last 24 hours by channel and state.",
        labels=["channel", "state"],
    )
    rows = Delivery.objects.made_since(now - _PERIOD).order_by()
    found = rows.values_list("channel", "state").annotate(count=Count("pk"))
    counts = {(channel, state): count for channel, state, count in found}
    for pair in product(Channel.values, Delivery.State.values):
        family.add_metric(pair, counts.get(pair, 0))  # a share of nothing would be no share
    return (family,)


def _deliveries_lately(now: datetime) -> Iterable[Metric]:
    """What arrived, what was given up, and what waits for another try after one that failed."""
    family = GaugeMetricFamily(
        "mainstay_deliveries_last_hour",
        "Deliveries that were sent or given up in the last hour, or are tried again, by channel.",
        labels=["channel", "state"],
    )
    states = {
        "sent": Q(state="sent", sent_at__gte=now - _LATELY),
        "failed": Q(state="failed", failed_at__gte=now - _LATELY),
        "retrying": Q(state="pending", attempts__gte=1, lease_until=None),
    }
    counts = {name: Count("pk", filter=condition) for name, condition in states.items()}
    rows = Delivery.objects.made_since(now - _PERIOD).order_by().values("channel")
    found = {row["channel"]: row for row in rows.annotate(**counts)}
    for channel, state in product(Channel.values, states):
        family.add_metric([channel, state], found.get(channel, {}).get(state, 0))
    return (family,)


_sources: list[Source] = [_database, _jobs, _outbox, _deliveries, _deliveries_lately]


def register() -> None:
    """Once per process."""
    REGISTRY.register(BackgroundCollector())
