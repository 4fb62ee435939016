"""Eight people log at the same moment: one chain without gaps. Without the lock it would tear."""

from datetime import datetime
from pathlib import Path
from threading import Barrier, get_ident
from uuid import UUID

import pytest
from django.db import IntegrityError

from accounts.models import Organization
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.threads import in_threads, shared_database
from worklogs.models import Log, LogChain
from worklogs.services import chain, logs, verify

WRITERS, EACH = 8, 5


def write(organization: Organization, now: datetime) -> tuple[list[int], list[Exception]]:
    with tenant_scope(organization.pk):
        resources = [factories.resource() for _ in range(WRITERS)]

    def log(number: int) -> int:
        resource: Resource = resources[number]
        with tenant_scope(organization.pk):
            for _ in range(EACH):
                logs.record_log(
                    resource=resource, performed_at=now, performed_by=None, by=None, now=now
                )
        return number

    return in_threads(WRITERS, log)


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_make_one_chain(
    organization: Organization, now: datetime, tmp_path: Path
) -> None:
    with shared_database(tmp_path):
        _, errors = write(organization, now)
        assert errors == []
        with tenant_scope(organization.pk):
            assert list(Log.objects.order_by("sequence").values_list("sequence", flat=True)) == [
                *range(1, WRITERS * EACH + 1)
            ]
            assert list(verify.verify(verify.Walk())) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_writers_collide(
    organization: Organization, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the race is there, and the constraints keep even then a torn chain out of the database."""
    everybody, met = Barrier(WRITERS, timeout=300), set[int]()

    def unlocked(organization_id: UUID) -> LogChain:
        end, _ = LogChain.objects.get_or_create(organization_id=organization_id)
        if get_ident() not in met:  # before anybody writes, all have seen the same end
            met.add(get_ident())
            everybody.wait()
        return end

    with tenant_scope(organization.pk):
        LogChain.objects.create()
    monkeypatch.setattr(chain, "_locked_end", unlocked)
    _, errors = write(organization, now)
    assert errors
    assert all(isinstance(error, IntegrityError | Conflict) for error in errors)
    with tenant_scope(organization.pk):
        assert list(verify.verify(verify.Walk())) == []
