"""Spans: a request and all it causes, through outbox and handlers to the mail, in one trace; and none unasked."""

import json
import logging
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from accounts.models import Organization, User
from core import correlation, sweeps, tracing
from core.tenancy import tenant_scope
from integrations.models import InboundEvent
from integrations.outlets import rabbitmq
from integrations.services import reading
from maintenance_site import tracing as wiring
from maintenance_site.celery import CausedTask, app
from maintenance_site.log_format import logging_settings
from notifications.services.deliveries import deliver_due
from tests import factories
from tests.api import Client as ApiClient
from tests.events import relay_all
from tests.integrations.receivers import drain, happen, made, receiving

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = "0af7651916cd43dd8448eb211c80319c"
LATER = timedelta(days=3650)  # doors look at the real clock
Spans = Callable[[], dict[str, ReadableSpan]]


@pytest.fixture
def tracer() -> Iterator[InMemorySpanExporter]:
    """Spans are kept for the test; every Client made from now on has them."""
    kept = InMemorySpanExporter()
    tracing.wire(wiring.SiteTracer(SimpleSpanProcessor(kept)))
    yield kept
    tracing.wire(None)


@pytest.fixture
def spans(tracer: InMemorySpanExporter) -> Spans:
    """The spans by name; the latest of those called alike."""
    return lambda: {span.name: span for span in tracer.get_finished_spans()}


def trace_of(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def linked(span: ReadableSpan) -> set[int]:
    return {link.context.span_id for link in span.links}


def ask_for_letter(person: User, **headers: str) -> None:
    answer = Client().post("/admin/password-reset/", {"email": person.email}, headers=headers)
    assert answer.status_code == 302


@pytest.mark.django_db
def test_a_request_and_all_it_causes_are_one_trace(admin: User, spans: Spans) -> None:
    ask_for_letter(admin, traceparent=CALLER)
    relay_all(timezone.now() + LATER)
    deliver_due(timezone.now() + LATER)
    found = spans()
    request, delivery = found["POST /admin/password-reset/"], found["delivery"]
    (handler,) = (span for span in found.values() if "event" in (span.attributes or {}))
    assert {trace_of(span) for span in (request, handler, delivery)} == {TRACE}
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert handler.attributes == {"event": "accounts.mail.requested"}
    assert delivery.attributes == {"channel": "email"}
    relay = found["outbox relay"]
    assert trace_of(relay) != TRACE  # it serves many
    assert linked(handler) == {relay.context.span_id}


@pytest.mark.django_db
def test_a_correlation_id_of_the_callers_own_names_the_trace(admin: User, spans: Spans) -> None:
    ask_for_letter(admin, traceparent=CALLER, **{"X-Correlation-ID": "caller-2026-03-04"})
    relay_all(timezone.now() + LATER)
    found = spans()
    request = found["POST /admin/password-reset/"]
    (handler,) = (span for span in found.values() if "event" in (span.attributes or {}))
    assert trace_of(request) == trace_of(handler) != TRACE
    assert linked(request) == {0xB7AD6B7169203331}


@pytest.mark.django_db
def test_a_request_tells_its_route_and_no_secret(spans: Spans) -> None:
    Client().get("/report/s3cret-token/?q=hunter2")
    Client().get("/nowhere/at/all")
    Client().get("/health/live")
    found = spans()
    assert set(found) == {"GET /report/<str:token>/", "GET"}
    assert found["GET /report/<str:token>/"].attributes == {
        "http.request.method": "GET",
        "url.path": "/report/<token>/",
        "http.route": "/report/<str:token>/",
        "http.response.status_code": 404,
    }


@pytest.mark.django_db
def test_a_page_that_breaks_shows_why(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Boom")

    monkeypatch.setattr("accounts.services.passwords.request_reset", broken)
    got_request_exception.connect(wiring.record_exception)
    try:
        form = {"email": "a@b.example"}
        Client(raise_request_exception=False).post("/admin/password-reset/", form)
    finally:
        got_request_exception.disconnect(wiring.record_exception)
    span = spans()["POST /admin/password-reset/"]
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "RuntimeError"
    assert "Boom" not in span.to_json()  # what errors say may name people


@pytest.mark.django_db
def test_receivers_of_events_get_the_trace(
    organization: Organization, spans: Spans, settings: Any
) -> None:
    settings.WEBHOOKS_PRIVATE = True
    now = timezone.now()
    with receiving() as receiver:
        made(organization, receiver.address, now)
        happen(organization, now, "task.created")
        receiver.status = 503
        drain(now)
    (headers, _) = receiver.got[0]
    webhook, trace = spans()["webhook"], f"{wiring.trace_id_of('correlation-1'):032x}"
    assert headers["x-correlation-id"] == "correlation-1"
    assert headers["traceparent"] == f"00-{trace}-{webhook.context.span_id:016x}-01"
    assert webhook.attributes == {
        "event": "task.created",
        "http.response.status_code": 503,
        "error.type": "503",
    }
    (event,) = reading.events_after(0, limit=10)
    message = rabbitmq._message(event)
    published = spans()["published"]
    assert message.headers["traceparent"] == f"00-{trace}-{published.context.span_id:016x}-01"
    assert json.loads(message.body)["traceparent"] == message.headers["traceparent"]


@pytest.mark.django_db
@pytest.mark.parametrize("names_room", [True, False])
def test_what_others_tell_goes_on_in_their_trace(
    admin: User, spans: Spans, tracer: InMemorySpanExporter, names_room: bool
) -> None:
    with tenant_scope(admin.organization_id):
        factories.resource(code="R-204" if names_room else "R-205")
    event = {"specversion": "1.0", "id": "1", "source": "/services/opera", "traceparent": CALLER}
    event |= {"type": "guest.complaint_filed", "time": "2026-03-01T10:00:00Z"}
    complaint = {"description": "The shower drips.", "room": "R-204"}
    ApiClient(admin).post("events", {**event, "data": complaint})
    with tenant_scope(admin.organization_id):
        kept = InboundEvent.objects.get()
    found = spans()["inbound"]
    assert kept.correlation_id == trace_of(found) == TRACE
    assert found.attributes == {"event": "guest.complaint_filed", "state": kept.state}
    assert kept.state == ("applied" if names_room else "parked")


def test_jobs_are_spans_of_their_own(
    spans: Spans, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(sweeps, "_sweeps", {})

    @sweeps.sweep("test.job", every=timedelta(minutes=1))
    def job(now: object) -> None:
        raise RuntimeError("Boom")

    with correlation.correlated(), tracing.span("round"):
        sweeps.run_due_sweeps(timezone.now())
    found = spans()
    assert trace_of(found["test.job"]) != trace_of(found["round"])
    assert linked(found["test.job"]) == {found["round"].context.span_id}
    assert not found["test.job"].status.is_ok
    assert found["test.job"].attributes == {"error.type": "RuntimeError"}


def test_lines_of_the_log_name_the_span(tracer: InMemorySpanExporter) -> None:
    made = dict(logging_settings(json=True, level="INFO")["formatters"]["line"])
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(made.pop("()")(**made))
    logger = logging.getLogger("test.tracing")
    logger.addHandler(handler)
    try:
        logger.warning("outside")
        with correlation.correlated(TRACE), tracing.span("inside"):
            logger.warning("inside")
    finally:
        logger.removeHandler(handler)
    outside, inside = (json.loads(line) for line in handler.stream.getvalue().splitlines())
    (span,) = tracer.get_finished_spans()
    assert "trace_id" not in outside
    assert (inside["trace_id"], inside["span_id"]) == (TRACE, f"{span.context.span_id:016x}")
    assert inside["correlation_id"] == TRACE


def test_a_task_goes_on_where_it_was_rung(
    spans: Spans, monkeypatch: pytest.MonkeyPatch, tracer: InMemorySpanExporter
) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda *_, **told: sent.update(told))
    seen: list[str] = []

    @app.task(name="test.task")
    def task() -> None:
        seen.append(correlation.current())

    try:
        with correlation.correlated("caller-2026-03-04"), tracing.span("request"):
            task.apply_async()
        assert isinstance(task, CausedTask)
        task.push_request(headers=sent["headers"])
        task()
        task.pop_request()
    finally:
        app.tasks.unregister("test.task")
    found = spans()
    assert seen == ["caller-2026-03-04"]
    parent = found["test.task"].parent
    assert parent is not None
    assert parent.span_id == found["request"].context.span_id


def test_queries_are_told_without_their_values(
    spans: Spans, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections["default"], "execute_wrappers", [])
    tracer = tracing._tracer
    assert isinstance(tracer, wiring.SiteTracer)
    tracer.watch_queries(connection)
    Organization.objects.filter(name="Hunter2").exists()
    assert not spans()  # nothing is done for anybody
    with tracing.span("work"):
        Organization.objects.filter(name="Hunter2").exists()
    query = spans()["SELECT"]
    assert query.parent is not None
    text = str((query.attributes or {})["db.query.text"])
    assert text.startswith("SELECT")
    assert "Hunter2" not in text


def test_correlation_ids_name_traces() -> None:
    assert f"{wiring.trace_id_of(TRACE):032x}" == TRACE
    assert f"{wiring.trace_id_of('0AF76519-16CD-43DD-8448-EB211C80319C'):032x}" == TRACE
    others = {wiring.trace_id_of(name) for name in ("", "0" * 32, "caller-2026", "caller-2027")}
    assert len(others) == 4
    assert all(0 < number < 2**128 for number in others)


def test_a_share_of_the_traces_is_kept_whatever_they_are_called() -> None:
    sampler = wiring._Share(0.25)
    for ids in (
        [uuid4().int for _ in range(4_000)],
        [random.getrandbits(128) for _ in range(4_000)],
    ):
        kept = sum(sampler.should_sample(None, id, "x").decision.is_sampled() for id in ids)
        assert 800 < kept < 1_200


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "00", TRACE, CALLER.upper(), f"00-{'0' * 32}-b7ad6b7169203331-01"),
        *(f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-b7ad6b7169203331-01", f"{CALLER}x"),
    ],
)
def test_what_is_no_traceparent_joins_nothing(wrong: str, spans: Spans) -> None:
    assert tracing.trace_of(wrong) == ""
    with correlation.correlated(), tracing.span("request", caller=wrong):
        assert tracing.headers()["traceparent"].startswith(f"00-{correlation.current()}-")
    assert spans()["request"].parent is None


def test_without_a_tracer_nothing_happens() -> None:
    with tracing.span("request", caller=CALLER, colour="red"):
        tracing.rename("other")
        tracing.note(size="large")
        tracing.fail("broken")
        assert tracing.headers() == {}


STARTED = """
import sys
from maintenance_site.wsgi import application
costly = ("opentelemetry", "google.protobuf")
print([name for name in sys.modules if name.startswith(costly)])
"""


def test_without_a_collector_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    values = {**os.environ, "DATA_DIR": str(tmp_path), "OTLP_URL": "", "REDIS_URL": ""}
    values |= {"CELERY_BROKER_URL": "", "DJANGO_SETTINGS_MODULE": "maintenance_site.settings"}
    command = [sys.executable, "-W", "ignore", "-c", STARTED]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=values, capture_output=True)
    assert done.stdout.decode().strip() == "[]", done.stderr.decode()
