"""What load balancers and orchestrators are told."""

from datetime import timedelta
from typing import Any, NoReturn

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.utils import timezone

from core import sweeps
from core.models import SweepState
from core.pages import health

pytestmark = pytest.mark.django_db
ALL = ("/health/live", "/health/ready", "/health")


def ask(path: str) -> tuple[int, dict[str, Any]]:
    response = Client().get(path)
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    return response.status_code, response.json()


def lose(*_: Any, **__: Any) -> NoReturn:
    raise OperationalError("the server closed the connection unexpectedly")


@pytest.fixture
def worker() -> SweepState:
    """A worker has just done a round; another job never ran."""
    sweeps._add_missing_states(timezone.now())
    state: SweepState = SweepState.objects.order_by("pk").first() or SweepState()
    SweepState.objects.filter(pk=state.pk).update(last_started_at=timezone.now())
    return state


@pytest.mark.parametrize("path", ALL)
def test_all_is_well(path: str, worker: SweepState) -> None:
    status, body = ask(path)
    assert (status, body["status"]) == (200, "ok")
    assert set(body.get("checks", {}).values()) <= {"ok"}


@pytest.mark.parametrize("path", ALL)
def test_nobody_writes_there(path: str) -> None:
    assert Client().post(path).status_code == 405


def test_without_database_the_node_lives_and_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as lost:
        lost.setattr(connection, "cursor", lose)
        lost.setattr(connection, "ensure_connection", lose)
        live, ready, whole = (ask(path) for path in ALL)
    assert live == (200, {"status": "ok"})
    assert ready[0] == whole[0] == 503
    assert ready[1]["checks"]["database"] == "OperationalError"
    assert whole[1]["checks"]["worker"] == "not asked"


def test_a_database_that_is_behind_the_code_is_not_ready() -> None:
    MigrationRecorder.Migration.objects.filter(app="reporting").delete()
    MigrationRecorder.Migration.objects.filter(app="core").delete()
    status, body = ask("/health/ready")
    assert (status, body["checks"]["migrations"]) == (503, "pending")


def test_a_lost_cache_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Exception):
        """As redis-py's errors: neither a database's nor the system's."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise Lost

    monkeypatch.setattr(type(cache._connections["default"]), "set", refuse)  # type: ignore[attr-defined]
    status, body = ask("/health/ready")
    assert (status, body["checks"]["cache"]) == (503, "Lost")


def test_a_silent_worker_is_noticed(worker: SweepState) -> None:
    long_ago = timezone.now() - health.WORKER_SILENCE - timedelta(seconds=1)
    SweepState.objects.filter(pk=worker.pk).update(last_started_at=long_ago)
    status, body = ask("/health")
    assert (status, body["checks"]["worker"]) == (503, "no round lately")
    assert ask("/health/ready")[0] == 200


def test_a_worker_that_never_started_is_noticed_in_production() -> None:
    SweepState.objects.all().delete()
    assert ask("/health")[0] == 200
    with override_settings(PRODUCTION=True):
        assert ask("/health")[0] == 503


def test_nodes_are_asked_without_tls() -> None:
    exempt = {"SECURE_SSL_REDIRECT": True}
    exempt["SECURE_REDIRECT_EXEMPT"] = [r"^health(/live|/ready)?$", r"^metrics$"]  # type: ignore[assignment]
    with override_settings(**exempt):
        assert [Client().get(path).status_code for path in ALL] == [200, 200, 200]
        assert Client().get("/metrics").status_code == 200
        moved = Client().get("/healthy")
        assert (moved.status_code, moved["Location"]) == (301, "https://testserver/healthy")
