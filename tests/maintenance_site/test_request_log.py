"""The log: one line of JSON per record and per request, tied together, without secrets."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core import correlation, outbox
from core.models import AuditEntry, OutboxEvent
from core.tenancy import tenant_scope
from maintenance_site.log_format import logging_settings
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Lines = Callable[[], list[dict[str, Any]]]
ID = "caller-2026-03-04"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything logged from now on, line by line, as production writes it."""
    made = dict(logging_settings(json=True, level="INFO")["formatters"]["line"])
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(made.pop("()")(**made))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def requests_in(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in found if line["logger"] == "mainstay.requests"]


def session(user: User) -> Client:
    client = Client(raise_request_exception=False)
    with tenant_scope(user.organization_id):
        client.force_login(user)
    return client


def test_a_request_is_one_line(lines: Lines, admin: User) -> None:
    session(admin).get("/api/v1/resources?search=hunter2", headers={"X-Request-ID": ID})
    (line,) = requests_in(lines())
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("duration_ms") > 0
    line.pop("message", None)  # pytest's own reading of the record
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "mainstay.requests",
        "method": "GET",
        "path": "/api/v1/resources",
        "status": 200,
        "user_id": str(admin.pk),
        "organization_id": str(admin.organization_id),
        "correlation_id": ID,
    }


def test_refusals_and_strangers_are_logged_once(lines: Lines, organization: Organization) -> None:
    client = Client()
    assert client.get("/api/v1/resources").status_code == 401
    assert client.get("/nowhere").status_code == 404
    assert client.get("/admin/").status_code == 302
    found = lines()
    assert [line["status"] for line in requests_in(found)] == [401, 404, 302]
    assert not any("user_id" in line for line in found)
    assert len({line["correlation_id"] for line in found}) == len(found) == 3


def test_an_error_is_logged_with_its_cause_and_the_same_id(
    lines: Lines, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the cause")

    monkeypatch.setattr("core.pages.health._answer", fail)
    response = session(admin).get("/health", headers={"X-Correlation-ID": ID})
    assert response.status_code == 500
    (error,) = [line for line in lines() if line["level"] == "error"]
    assert "RuntimeError: the cause" in error["exception"]
    assert error["correlation_id"] == response["X-Correlation-ID"] == ID


def test_probes_are_not_logged(lines: Lines) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        Client().get(path)
    assert requests_in(lines()) == []


def test_secrets_stay_out(lines: Lines, admin: User) -> None:
    client = Client()
    client.post("/api/v1/auth/token", {"email": admin.email, "password": "hunter2-wrong"})
    client.post(
        "/api/v1/auth/token",
        {"email": admin.email, "password": factories.PASSWORD},
        content_type="application/json",
    )
    client.post("/admin/login/", {"username": admin.email, "password": "hunter2-wrong"})
    client.get("/admin/messages/stop/opens-a-door/")
    client.get("/admin/password-reset/opens/opens-a-door/")
    client.get("/api/v1/resources", headers={"Authorization": "Api-Key hunter2-key"})
    session(admin).get("/admin/?token=hunter2-query")
    told = json.dumps(lines())
    assert len(requests_in(lines())) == 7
    for secret in ("hunter2", factories.PASSWORD, "opens-a-door", admin.email):
        assert secret not in told
    assert "/admin/messages/stop/<token>/" in told


def test_one_id_from_the_request_to_the_handlers(
    lines: Lines, organization: Organization, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked, what happened, what came of it: found by one id."""
    seen: list[str] = []

    def handler(event: OutboxEvent) -> None:
        seen.append(correlation.current())
        logging.getLogger("tests").info("%s was handled", event.name)

    name = "scheduling.schedule.created"
    registered = {name: {**outbox.handlers_of(name), "tests.seen": handler}}
    monkeypatch.setattr(outbox, "handlers_of", lambda name: registered.get(name, {}))
    with tenant_scope(organization.pk):
        lift = factories.resource()
        OutboxEvent.objects.all().delete()
    body = {"title": "Oil", "resource": str(lift.pk), "frequency": "monthly"}
    body |= {"start_at": timezone.now().isoformat(), "assigned_to": str(colleague(organization).pk)}
    response = session(admin).post(
        "/api/v1/schedules", body, "application/json", headers={"X-Correlation-ID": ID}
    )
    assert response.status_code == 201, response.content
    assert outbox.relay(timezone.now()) > 0
    assert set(seen) == {ID}
    with tenant_scope(organization.pk):
        assert AuditEntry.objects.filter(correlation_id=ID, action="create").exists()
        assert set(OutboxEvent.objects.values_list("correlation_id", flat=True)) == {ID}
    tied = [line["event"] for line in lines() if line.get("correlation_id") == ID]
    assert tied[:1] == ["request"]
    assert f"{name} was handled" in tied


def colleague(organization: Organization) -> User:
    return factories.user(organization, role=Role.TECHNICIAN)
