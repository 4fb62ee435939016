"""Periodic jobs: once per period, whoever runs them, and failures stay where they are."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import sweeps
from core.errors import Conflict
from core.models import SweepState
from core.tenancy import current_organization_id
from tests import factories
from tests.threads import in_threads, shared_database

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {}
    monkeypatch.setattr(sweeps, "_sweeps", made)
    return made


def kept(state: SweepState) -> Any:
    """The result of the last run that succeeded."""
    return (state.last_result or {}).get("result")


def test_long_jobs_wait_for_their_own_loop(now: datetime) -> None:
    @sweeps.sweep("kernel.long", every=HOUR, long=True)
    def long(moment: datetime) -> object:
        return None

    @sweeps.sweep("kernel.short", every=HOUR)
    def short(moment: datetime) -> object:
        return None

    assert sweeps.run_due_sweeps(now) == ["kernel.short"]
    assert sweeps.run_due_sweeps(now, long=True) == ["kernel.long"]


def test_a_job_runs_once_per_period(now: datetime) -> None:
    runs: list[datetime] = []

    @sweeps.sweep("kernel.count", every=HOUR)
    def count(moment: datetime) -> object:
        runs.append(moment)
        return {"at": moment}

    assert sweeps.run_due_sweeps(now) == ["kernel.count"]
    assert sweeps.run_due_sweeps(now + timedelta(minutes=59)) == []
    assert sweeps.run_due_sweeps(now + HOUR) == ["kernel.count"]
    assert runs == [now, now + HOUR]
    state = SweepState.objects.get()
    assert (state.last_succeeded_at, state.leased_until, state.last_error) == (now + HOUR, None, "")
    assert kept(state) == {"at": (now + HOUR).isoformat()}
    assert state.runs == {"succeeded": 2, "failed": 0}


def test_a_failing_job_stops_no_other(now: datetime) -> None:
    @sweeps.sweep("kernel.a_bad", every=HOUR)
    def bad(moment: datetime) -> object:
        raise RuntimeError("no luck")

    @sweeps.sweep("kernel.b_good", every=HOUR)
    def good(moment: datetime) -> object:
        return 3

    assert sweeps.run_due_sweeps(now) == ["kernel.a_bad", "kernel.b_good"]
    failed = SweepState.objects.get(pk="kernel.a_bad")
    assert (failed.last_error, failed.last_failed_at) == ("RuntimeError: no luck", now)
    assert (failed.leased_until, failed.next_run_at) == (None, now + HOUR)
    assert kept(SweepState.objects.get(pk="kernel.b_good")) == 3
    with pytest.raises(RuntimeError, match="no luck"):
        sweeps.run_sweep("kernel.a_bad", now)


def test_runs_are_counted_however_they_end(now: datetime) -> None:
    ends = iter([None, RuntimeError("no luck"), None, RuntimeError("no luck")])

    @sweeps.sweep("kernel.wavering", every=HOUR)
    def wavering(moment: datetime) -> object:
        if (failure := next(ends)) is not None:
            raise failure
        return "well"

    SweepState.objects.create(name="kernel.wavering", next_run_at=now, last_result={"old": 7})
    for hours in range(4):
        sweeps.run_due_sweeps(now + hours * HOUR)
    state = SweepState.objects.get()
    assert state.runs == {"succeeded": 2, "failed": 2}
    assert kept(state) == "well"


def test_one_job_can_run_early_but_not_twice_at_once(now: datetime) -> None:
    @sweeps.sweep("kernel.self", every=HOUR)
    def nested(moment: datetime) -> object:
        with pytest.raises(Conflict):
            sweeps.run_sweep("kernel.self", moment)
        return "done"

    assert sweeps.run_sweep("kernel.self", now) == "done"
    assert sweeps.run_sweep("kernel.self", now + timedelta(minutes=1)) == "done"


def test_a_lease_of_a_dead_node_runs_out(now: datetime) -> None:
    runs: list[int] = []
    sweeps.sweep("kernel.count", every=timedelta(minutes=1))(lambda moment: runs.append(1))
    SweepState.objects.create(name="kernel.count", next_run_at=now, leased_until=now + HOUR)
    assert sweeps.run_due_sweeps(now) == []
    assert sweeps.run_due_sweeps(now + HOUR) == ["kernel.count"]


def test_names_are_taken_once() -> None:
    def one(moment: datetime) -> object: ...
    def other(moment: datetime) -> object: ...

    sweeps.sweep("kernel.x", every=HOUR)(one)
    with pytest.raises(ValueError, match=r"kernel\.x"):
        sweeps.sweep("kernel.x", every=HOUR)(other)


@pytest.mark.django_db(transaction=True)
def test_nodes_at_once_run_a_job_once(now: datetime, tmp_path: Path) -> None:
    runs: list[int] = []
    sweeps.sweep("kernel.count", every=HOUR)(lambda moment: runs.append(1))
    with shared_database(tmp_path):
        ran, errors = in_threads(6, lambda _: sweeps.run_due_sweeps(now))
    assert errors == []
    assert sorted(ran) == [[]] * 5 + [["kernel.count"]]
    assert runs == [1]


def test_one_organisation_that_fails_holds_up_no_other(now: datetime) -> None:
    houses = [factories.organization().pk for _ in range(3)]
    served: list[Any] = []

    def job() -> int:
        served.append(current_organization_id())
        if len(served) == 1:
            raise ValueError("Broken there.")
        return 2

    with pytest.raises(ValueError, match="Broken there"):
        sweeps.in_each(houses, job)
    assert served == houses
    assert sweeps.in_each(houses, job) == 6
