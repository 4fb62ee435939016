"""Spans on their way to a collector by OTLP over HTTP; imported only when OTLP_URL is set."""

import re
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from core import correlation, tracing

#: How long a collector that does not answer is tried, in seconds; only the thread that sends waits for it, and a
#: program that ends.
TIMEOUT_SECONDS = 5
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")


def start() -> None:
    """Send the spans of this process from now on."""
    exporter = OTLPSpanExporter(
        endpoint=address("traces"),
        headers=settings.OTLP_HEADERS,
        timeout=TIMEOUT_SECONDS,
        compression=Compression.Gzip,
    )
    tracer = SiteTracer(BatchSpanProcessor(exporter), percent=settings.OTLP_TRACES_PERCENT)
    tracing.wire(tracer)
    got_request_exception.connect(record_exception)
    if settings.OTLP_QUERIES:
        connection_created.connect(tracer.watch_queries, weak=False)


def address(signal: str) -> str:
    """Where the collector takes `traces` or `metrics`."""
    return f"{settings.OTLP_URL.rstrip('/')}/v1/{signal}"


@cache
def resource() -> Resource:
    """Who tells: this site on this machine. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say more."""
    host = socket.gethostname()
    ours = {"service.name": "mainstay", "service.instance.id": host, "host.name": host}
    return Resource.create(ours).merge(OTELResourceDetector().detect())


def trace_id_of(correlation_id: str) -> int:
    """The trace that a correlation id names: itself where it can be one, as a random id or UUID can."""
    plain = correlation_id.replace("-", "").lower()
    if _TRACE_ID.fullmatch(plain):
        return int(plain, 16)
    return int.from_bytes(blake2b(correlation_id.encode(), digest_size=16).digest())


class _CorrelationIds(RandomIdGenerator):
    """A trace that begins here has the id that the correlation id names."""

    def generate_trace_id(self) -> int:
        cause = correlation.current()
        return trace_id_of(cause) if cause else super().generate_trace_id()

    def is_trace_id_random(self) -> bool:
        return False


class _Share(TraceIdRatioBased):
    """Decides by the trace id alone, so that every process keeps the same traces.

    Only by its lowest 56 bits: the one above them is the same in all random UUIDs.
    """

    TRACE_ID_LIMIT = (1 << 56) - 1


class SiteTracer:
    """`core.tracing.Tracer` by OpenTelemetry; keeps `percent` of the traces."""

    def __init__(self, processor: SpanProcessor, *, percent: int = 100) -> None:
        self.provider = TracerProvider(
            sampler=_Share(percent / 100), resource=resource(), id_generator=_CorrelationIds()
        )
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("mainstay")

    @contextmanager
    def span(
        self, name: str, kind: tracing.Kind, caller: str, facts: Mapping[str, tracing.Fact]
    ) -> Iterator[None]:
        """A child of `caller` or of the running span, when they are of the same trace; otherwise linked with it."""
        origin = _sent(caller) or trace.get_current_span().get_span_context()
        cause = correlation.current()
        joined = not cause or trace_id_of(cause) == origin.trace_id
        parent = trace.set_span_in_context(NonRecordingSpan(origin)) if joined else Context()
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=SpanKind[kind.upper()],
            attributes=facts,
            links=[Link(origin)] if origin.is_valid and not joined else (),
            record_exception=False,
            set_status_on_exception=False,
        ):
            try:
                yield
            except BaseException as error:
                self.fail(type(error).__name__)
                raise

    def rename(self, name: str) -> None:
        trace.get_current_span().update_name(name)

    def note(self, facts: Mapping[str, tracing.Fact]) -> None:
        trace.get_current_span().set_attributes(facts)

    def fail(self, kind: str) -> None:
        span = trace.get_current_span()
        if "error.type" not in (getattr(span, "attributes", None) or {}):  # the first says it best
            span.set_status(trace.StatusCode.ERROR)
            span.set_attribute("error.type", kind)

    def headers(self) -> dict[str, str]:
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        ids = self.ids()
        return {"traceparent": f"00-{ids['trace_id']}-{ids['span_id']}-{here.trace_flags:02x}"}

    def ids(self) -> dict[str, str]:
        here = trace.get_current_span().get_span_context()
        if not here.is_valid:
            return {}
        return {
            "trace_id": trace.format_trace_id(here.trace_id),
            "span_id": trace.format_span_id(here.span_id),
        }

    def watch_queries(self, connection: BaseDatabaseWrapper, **_: object) -> None:
        """Make a span of each statement that is executed within one; without its values."""

        def execute(
            run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
        ) -> Any:
            if not trace.get_current_span().is_recording():
                return run(sql, params, many, context)
            facts = {"db.system.name": connection.vendor, "db.query.text": sql}
            with self.span(sql.partition(" ")[0], "client", "", facts):
                return run(sql, params, many, context)

        connection.execute_wrappers.append(execute)


def _sent(traceparent: str) -> SpanContext | None:
    parts = tracing.parts_of(traceparent)
    if parts is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in parts)
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))


def record_exception(**_: object) -> None:
    """What broke a page, in the span of its request."""
    if error := sys.exception():
        tracing.fail(type(error).__name__)
