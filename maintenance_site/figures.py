"""The figures of `/metrics` on their way to a collector by OTLP over HTTP; imported only when OTLP_URL is set.

They keep their names and labels, so that the same alert rules and dashboard read them.
"""

import fcntl
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import connections
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    DataT,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from maintenance_site.tracing import TIMEOUT_SECONDS, address, resource
from reporting.metrics import PROCESS_FILES, registry

logger = logging.getLogger(__name__)
_STARTED = time.time_ns()
_CUMULATIVE = AggregationTemporality.CUMULATIVE


def start() -> None:
    """Send the figures of this node from now on, every OTLP_METRICS_SECONDS."""
    threading.Thread(target=_send_on, name="figures", daemon=True).start()


def _send_on() -> None:
    exporter = OTLPMetricExporter(
        endpoint=address("metrics"),
        headers=settings.OTLP_HEADERS,
        timeout=TIMEOUT_SECONDS,
        compression=Compression.Gzip,
    )
    _wait_for_turn()
    while True:
        time.sleep(settings.OTLP_METRICS_SECONDS)
        try:
            exporter.export(told(registry().collect(), now=time.time_ns()))
        except Exception:
            logger.exception("The figures could not be read.")
        finally:
            connections.close_all()  # this thread's own


def _wait_for_turn() -> None:
    """The processes of a node count together, so one of them tells; when it ends, the next does."""
    if folder := os.environ.get(PROCESS_FILES):
        lock = os.open(
            Path(folder, "teller"), os.O_CREAT | os.O_RDWR
        )  # open as long as the process lives
        fcntl.flock(lock, fcntl.LOCK_EX)


def told(families: Iterable[Family], *, now: int) -> MetricsData:
    """What Prometheus would read, as OTLP; `now` in nanoseconds since 1970."""
    metrics = [metric for family in families for metric in _metrics(family, now)]
    scope = ScopeMetrics(InstrumentationScope("mainstay"), metrics, "")
    return MetricsData([ResourceMetrics(resource(), [scope], "")])


def _metrics(family: Family, now: int) -> Iterable[Metric]:
    if family.type == "histogram":
        points = [_histogram(samples, now) for samples in _by_labels(family.samples)]
        data: DataT = Histogram(points, _CUMULATIVE)
        return [Metric(family.name, family.documentation, "", data)] if points else []
    return [
        Metric(name, family.documentation, "", _numbers(family.type, samples, now))
        for name, samples in _by_name(family.samples).items()
        if not name.endswith("_created")
    ]


def _numbers(kind: str, samples: Iterable[Sample], now: int) -> DataT:
    points = [
        NumberDataPoint(
            sample.labels, _STARTED if kind == "counter" else 0, now, float(sample.value)
        )
        for sample in samples
    ]
    return Sum(points, _CUMULATIVE, is_monotonic=True) if kind == "counter" else Gauge(points)


def _histogram(samples: list[Sample], now: int) -> HistogramDataPoint:
    """One histogram: Prometheus counts what is below each bound, OTLP what lies between them."""
    below = {
        float(sample.labels["le"]): int(sample.value) for sample in samples if "le" in sample.labels
    }
    bounds = sorted(below)
    counts = [below[bound] for bound in bounds]
    labels = {key: value for key, value in samples[0].labels.items() if key != "le"}
    (total,) = (sample.value for sample in samples if sample.name.endswith("_sum"))
    return HistogramDataPoint(
        attributes=labels,
        start_time_unix_nano=_STARTED,
        time_unix_nano=now,
        count=counts[-1],
        sum=total,
        bucket_counts=[high - low for low, high in zip([0, *counts], counts, strict=False)],
        explicit_bounds=bounds[:-1],  # the last is infinite
        min=None,  # type: ignore[arg-type]  # nobody knows
        max=None,  # type: ignore[arg-type]
    )


def _by_name(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    found = defaultdict(list)
    for sample in samples:
        found[sample.name].append(sample)
    return found


def _by_labels(samples: Iterable[Sample]) -> Iterable[list[Sample]]:
    """The samples of each histogram of a family."""
    found = defaultdict(list)
    for sample in samples:
        if not sample.name.endswith("_created"):
            found[frozenset((k, v) for k, v in sample.labels.items() if k != "le")].append(sample)
    return found.values()
