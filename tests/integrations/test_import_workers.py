"""Imports by workers: one that dies is succeeded soon, one that lives is left alone however long it takes."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization
from core import sweeps
from core.models import SweepState
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.services.imports import run as imports
from integrations.services.imports import runs
from integrations.services.imports.source import Options
from scheduling.models import Resource

pytestmark = pytest.mark.django_db(transaction=True)
SWEEP = "integrations.imports"


def waiting(organization: Organization, now: datetime, *, partial: bool = False) -> ImportRun:
    """An import of one resource that waits for a worker."""
    with tenant_scope(organization.pk):
        run, _ = runs.upload(
            b"code,name\nA,Boiler\n", name="f.csv", entity="resources", by=None, now=now
        )
        return runs.start(
            run, options=Options(**run.options), dry_run=False, partial=partial, by=None, now=now
        )


def killed_while_importing(run: ImportRun, now: datetime) -> None:
    """What a worker leaves that took the import and was killed: both its leases."""
    sweeps.run_due_sweeps(now - timedelta(days=1))  # the rows of all jobs
    entry = next(entry for entry in sweeps.registered() if entry.name == SWEEP)
    assert SweepState.objects.claim(SWEEP, now=now, every=entry.every, lease=entry.lease)
    with tenant_scope(run.organization_id):
        assert ImportRun.objects.claim(run.pk, now=now, lease_until=now + runs.LEASE)


def state_of(run: ImportRun) -> str:
    with tenant_scope(run.organization_id):
        return str(ImportRun.objects.get(pk=run.pk).state)


def test_another_worker_takes_over_two_minutes_after_a_hard_kill(
    organization: Organization, now: datetime
) -> None:
    run = waiting(organization, now)
    killed_while_importing(run, now)
    sweeps.run_due_sweeps(now + timedelta(seconds=119), long=True)
    assert state_of(run) == "running"
    sweeps.run_due_sweeps(now + timedelta(minutes=2), long=True)
    assert state_of(run) == "done"
    with tenant_scope(organization.pk):
        assert Resource.objects.get().name == "Boiler"


def test_a_living_worker_keeps_its_import(
    organization: Organization, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting(organization, now, partial=True)
    original = imports.run

    def slow(*args: Any, progress: Any, **options: Any) -> imports.Result:
        progress(7)
        until, found = time.monotonic() + 300, ImportRun.objects.get(pk=run.pk)
        while time.monotonic() < until and found.lease_until == now + runs.LEASE:
            time.sleep(0.05)
            found = ImportRun.objects.get(pk=run.pk)
        assert found.lease_until is not None
        assert (found.lease_until > now + runs.LEASE, found.rows) == (True, 7)
        assert not ImportRun.objects.ready(now=now + runs.LEASE).exists()
        return original(*args, progress=progress, **options)

    monkeypatch.setattr(runs, "BEAT", timedelta(seconds=0.05))
    monkeypatch.setattr(imports, "run", slow)
    assert runs.work_waiting(now=now) == 1
    assert state_of(run) == "done"


def test_what_is_written_as_a_whole_is_written_with_its_result(
    organization: Organization, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise SystemExit

    run = waiting(organization, now)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_keep", die)
        with pytest.raises(SystemExit):
            runs.work_waiting(now=now)
    with tenant_scope(organization.pk):
        assert not Resource.objects.exists()
    assert runs.work_waiting(now=now + runs.LEASE) == 1
    assert state_of(run) == "done"


def test_files_of_one_organisation_follow_each_other(
    organization: Organization, stranger: Organization, now: datetime
) -> None:
    first, second = waiting(organization, now), waiting(organization, now)
    other = waiting(stranger, now)
    with tenant_scope(organization.pk):
        ImportRun.objects.claim(first.pk, now=now, lease_until=now + runs.LEASE)
    assert runs.work_waiting(now=now + timedelta(minutes=1)) == 1
    assert [state_of(run) for run in (first, second, other)] == ["running", "waiting", "done"]
    assert runs.work_waiting(now=now + runs.LEASE) == 2
    assert [state_of(run) for run in (first, second)] == ["done", "done"]
