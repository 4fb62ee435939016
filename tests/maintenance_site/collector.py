"""A collector of traces and metrics that takes OTLP over HTTP, as far as tests ask."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """What came of a span, in hexadecimal digits and plain values."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    facts: dict[str, Any]
    failed: bool
    service: str


@dataclass
class Collector:
    """Everything that arrived."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def latest(self) -> dict[str, Any]:
        """Each metric as it was told last."""
        return {metric.name: metric for metric in self.metrics}

    def take(self, path: str, body: bytes) -> None:
        if path == "/otlp/v1/traces":
            for told in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = facts_of(told.resource.attributes)["service.name"]
                for scope in told.scope_spans:
                    self.spans += [span_of(each, service) for each in scope.spans]
        elif path == "/otlp/v1/metrics":
            for told in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in told.scope_metrics:
                    self.metrics += scope.metrics
        else:
            raise AssertionError(path)


def span_of(told: Any, service: str) -> Span:
    return Span(
        name=told.name,
        trace=told.trace_id.hex(),
        id=told.span_id.hex(),
        parent=told.parent_span_id.hex(),
        links=tuple(link.span_id.hex() for link in told.links),
        facts=facts_of(told.attributes),
        failed=told.status.code == 2,
        service=service,
    )


def facts_of(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens while the block lasts."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            collector.headers.append({key.lower(): value for key, value in self.headers.items()})
            collector.take(self.path, body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}/otlp"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
