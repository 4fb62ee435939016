"""CSV: streamed, safe in spreadsheets."""

import csv
from datetime import datetime, timedelta
from types import GeneratorType

import pytest

from accounts.models import Organization, User
from tests import factories
from worklogs.models import Log
from worklogs.services import export, logs


def test_lines(
    scope: Organization,
    admin: User,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In batches, newest first, times local."""
    monkeypatch.setattr(export, "_BATCH", 2)
    resource = factories.resource(name='Ätna, "big"')
    for day in range(5):
        logs.record_log(
            resource=resource,
            performed_at=now - timedelta(days=day // 2),
            performed_by=admin,
            notes="=1\nzweite" if day == 0 else "",
            by=admin,
            now=now,
        )
    rows = Log.objects.all()
    made = export.lines(rows, zone="Europe/Berlin", with_bom=True)
    assert isinstance(made, GeneratorType)
    text = "".join(made)
    assert text.startswith("\ufeffnumber,performed_at")
    table = list(csv.DictReader(text.removeprefix("\ufeff").splitlines(keepends=True)))
    assert len({row["number"] for row in table}) == 5
    assert [row["performed_at"] for row in table] == sorted(
        (row["performed_at"] for row in table), reverse=True
    )
    last = next(row for row in table if row["number"] == "1")
    assert last["notes"] == "'=1\nzweite"
    assert last["resource"] == 'Ätna, "big"'
    assert last["performed_at"] == "2026-03-04T07:00:00+01:00"
