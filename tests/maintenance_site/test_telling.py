"""A site that runs tells a collector and a Prometheus what they ask for."""

import http.client
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

import tests.flush  # noqa: F401
from accounts.api import tokens
from accounts.models import User
from tests.maintenance_site.collector import Collector, collecting
from tests.maintenance_site.site_processes import environment, running, until
from tests.threads import shared_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_on_disk")]
TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
WORKER = ["manage.py", "run_worker"]
CELERY = ["-m", "celery", "--app", "maintenance_site.celery", "worker", "--concurrency", "1"]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
def _on_disk(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


class Site:
    """A web node of two processes, and whoever asks it on behalf of a person."""

    def __init__(self, user: User, data: Path, **values: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = data / "web.log"
        self.values = environment(data / "data", SECRET_KEY=settings.SECRET_KEY, **values)
        self.command = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "2"]
        self.command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.command += ["maintenance_site.wsgi:application"]
        self.authorization = f"Bearer {tokens.issue(user).access}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        with running(self.command, self.values, self.log, ready="Started worker-2"):
            until(lambda: self.ask("GET", "/health/live")[0] == 200)
            yield

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Status and text of the answer; 0 while nobody listens."""
        headers |= {"Authorization": self.authorization, "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def take_in_somebody(self) -> None:
        """A change that causes a mail, by a caller with a trace of their own."""
        body = {"name": "Nora", "email": f"{uuid4().hex}@example.org", "role": "technician"}
        status, text = self.ask("POST", "/api/v1/users", body, traceparent=f"00-{TRACE}-{SPAN}-01")
        assert status == 201, text


@pytest.mark.thorough
def test_web_and_worker_tell_a_collector(admin: User, collector: Collector, tmp_path: Path) -> None:
    site = Site(
        *(admin, tmp_path),
        OTLP_URL=f"{collector.url}/",
        OTLP_HEADERS="authorization=Bearer%20s3cret",
        OTLP_METRICS_SECONDS="1",
        OTLP_QUERIES="true",
        OTEL_SERVICE_NAME="hotel",
        OTEL_BSP_SCHEDULE_DELAY="100",
    )
    log = tmp_path / "worker.log"
    with site.serving(), running(WORKER, site.values, log, ready="The worker runs."):
        site.take_in_somebody()
        until(lambda: collector.named("delivery"))
        until(lambda: "mainstay_job_last_success" in collector.latest())
    joined = {span.name: span for span in collector.spans if span.trace == TRACE}
    request = joined["POST /api/v1/users"]
    assert (request.parent, request.service) == (SPAN, "hotel")
    assert request.facts["http.response.status_code"] == 201
    statements = [span for span in collector.named("INSERT") if span.parent == request.id]
    assert any("accounts_user" in span.facts["db.query.text"] for span in statements)
    (handler,) = (span for span in joined.values() if "event" in span.facts)
    assert handler.facts == {"event": "accounts.mail.requested"}
    assert not joined["delivery"].failed
    assert {one["authorization"] for one in collector.headers} == {"Bearer s3cret"}
    assert '"trace_id": "' + TRACE in site.log.read_text()


@pytest.mark.services
def test_a_worker_of_celery_goes_on_with_the_trace(
    admin: User, collector: Collector, tmp_path: Path
) -> None:
    site = Site(
        *(admin, tmp_path),
        OTLP_URL=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="100",
        REDIS_URL=os.environ["REDIS_URL"],
        CELERY_BROKER_URL=os.environ["CELERY_BROKER_URL"],
        CELERY_QUEUE=f"test-{uuid4().hex}",
    )
    command = [*CELERY, "--hostname", f"{uuid4().hex}@test"]
    with ExitStack() as programs:
        log = tmp_path / "celery.log"
        programs.enter_context(running(command, site.values, log, ready=" ready."))
        programs.enter_context(site.serving())
        site.take_in_somebody()
        until(lambda: any(span.trace == TRACE for span in collector.named("core.work")))
    (task,) = (span for span in collector.named("core.work") if span.trace == TRACE)
    (request,) = collector.named("POST /api/v1/users")
    assert task.parent == request.id


@pytest.mark.services
def test_promtool_accepts_what_a_site_tells(admin: User, tmp_path: Path) -> None:
    site = Site(admin, tmp_path)
    with site.serving():
        for path in ("/api/v1/users", "/admin/", "/nowhere"):
            site.ask("GET", path)
        status, told = site.ask("GET", "/metrics")
    assert status == 200
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=told, text=True, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
