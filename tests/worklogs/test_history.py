"""The hash chain: what somebody with the database in hand changes is found, and where."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Organization, User
from core import triggers
from core.models import Attachment
from tests import factories
from tests.worklogs.conftest import upload
from worklogs.models import Log, LogChain
from worklogs.services import logs, verify
from worklogs.services.corrections import correct_log
from worklogs.services.verify import Walk


@contextmanager
def unguarded() -> Iterator[None]:
    """What somebody who owns the database can do."""
    triggers.drop(connection, "worklogs_log")
    yield
    triggers.create(connection, "worklogs_log")


@pytest.fixture
def chain(scope: Organization, now: datetime, admin: User) -> list[Log]:
    """Six logs, the last one a correction, the second with a photo."""
    resource = factories.resource()
    made = [
        logs.record_log(
            resource=resource,
            performed_at=now - timedelta(days=day),
            performed_by=admin,
            notes=f'Åß "{day}"',
            attachments=[upload(admin, now).pk] if day == 1 else [],
            by=admin,
            now=now,
        )
        for day in range(5)
    ]
    fixed = correct_log(log=made[0], changes={"notes": "x"}, reason="y", by=admin, now=now)
    return [*made, fixed]


def faults() -> list[tuple[str, int]]:
    return [(finding.fault.value, finding.sequence) for finding in verify.verify(Walk())]


def test_a_whole_chain(chain: list[Log]) -> None:
    walk = Walk()
    assert list(verify.verify(walk)) == []
    end = LogChain.objects.get()
    assert (walk.rows, walk.sequence, walk.hash) == (6, end.sequence, end.hash)
    assert [log.sequence for log in chain] == [1, 2, 3, 4, 5, 6]
    assert [log.previous_hash for log in chain] == ["", *(log.hash for log in chain[:-1])]


def test_nothing_logged_yet(scope: Organization) -> None:
    assert faults() == []


@pytest.mark.parametrize(
    "values",
    [
        {"notes": "nothing found"},
        {"issues_found": "major"},
        {"performed_at": datetime.fromisoformat("2026-03-01T06:00+00:00")},
        {"is_void": True},
        {"recorded_by": None},
        {"attachment_hashes": ["0" * 64]},
        {"external_id": "E"},
    ],
)
def test_a_changed_row(chain: list[Log], values: dict[str, object]) -> None:
    if "is_void" in values:
        values = {"is_void": True, "supersedes": chain[1]}
    with unguarded():
        Log.objects.filter(sequence=3).update(**values)
    assert ("changed", 3) in faults()


def test_a_changed_row_with_a_new_hash_breaks_the_link(chain: list[Log]) -> None:
    from worklogs.rules.chain import link
    from worklogs.services.chain import content

    row = Log.objects.get(sequence=3)
    row.notes = "nothing found"
    with unguarded():
        Log.objects.filter(sequence=3).update(
            notes=row.notes, hash=link(content(row), row.previous_hash)
        )
    assert faults() == [("reordered", 4)]


def test_a_removed_row(chain: list[Log]) -> None:
    with unguarded():
        Log.objects.filter(sequence=3).delete()
    assert faults() == [("removed", 3)]


def test_removed_at_the_end(chain: list[Log]) -> None:
    with unguarded():
        Log.objects.filter(sequence__gt=4).delete()
    assert faults() == [("removed", 5)]


@pytest.mark.sqlite
@pytest.mark.parametrize("key", ["id", "sequence", "external_id", "supersedes_id"])
def test_no_row_is_replaced(chain: list[Log], scope: Organization, key: str, now: datetime) -> None:
    """INSERT OR REPLACE over the row that has one of the unique values, all others being new."""
    logs.record_log(
        resource=chain[0].resource,
        performed_at=now,
        performed_by=None,
        external_id="E",
        by=None,
        now=now,
    )
    new = {
        "id": "'00000000000000000000000000000001'",
        "sequence": "99",
        "external_id": "''",
        "supersedes_id": "NULL",
    }
    del new[key]
    columns = [str(field.column) for field in Log._meta.concrete_fields]
    values = ", ".join(new.get(column, column) for column in columns)
    wanted = {"id": "sequence = 1", "sequence": "sequence = 1"}.get(
        key, f"coalesce({key}, '') <> ''"
    )
    statement = (
        f"INSERT OR REPLACE INTO worklogs_log ({', '.join(columns)})"  # noqa: S608
        f" SELECT {values} FROM worklogs_log WHERE {wanted}"
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Log.objects.count() == 7


def test_exchanged_rows(chain: list[Log]) -> None:
    with unguarded():
        for source, target in ((2, 99), (3, 2), (99, 3)):
            Log.objects.filter(sequence=source).update(sequence=target)
    found = faults()
    assert {("reordered", 2), ("reordered", 3), ("changed", 2), ("changed", 3)} <= set(found)


def test_an_inserted_row(chain: list[Log], now: datetime) -> None:
    values = {
        name: getattr(chain[0], name)
        for name in ("resource", "performed_at", "effect", "recorded_at", "hash")
    }
    Log.objects.create(sequence=7, previous_hash=chain[-1].hash, **values)
    found = faults()
    assert ("inserted", 7) in found
    assert ("changed", 7) in found


def test_the_whole_tail_rewritten_shows_at_the_end(chain: list[Log]) -> None:
    from worklogs.rules.chain import link
    from worklogs.services.chain import content

    row = Log.objects.get(sequence=6)
    row.notes = "nothing found"
    with unguarded():
        Log.objects.filter(sequence=6).update(
            notes=row.notes, hash=link(content(row), row.previous_hash)
        )
    assert faults() == [("chain_end", 6)]


def test_a_file_taken_away(chain: list[Log]) -> None:
    Attachment.objects.filter(target_id=chain[1].pk).delete()
    assert faults() == [("files_changed", 2)]


def test_batches_meet(chain: list[Log], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "_BATCH", 2)
    assert faults() == []
    with unguarded():
        Log.objects.filter(sequence=3).delete()
    assert faults() == [("removed", 3)]


def test_command(chain: list[Log], stranger: Organization, organization: Organization) -> None:
    out = io.StringIO()
    call_command("verify_history", stdout=out)
    assert f"{organization.slug}: 6 logs, whole" in out.getvalue()
    assert "stranger: 0 logs, whole" in out.getvalue()
    with unguarded():
        Log.objects.filter(sequence=3).update(notes="x")
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_history", stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert "number 3" in err.getvalue()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_history", "--json", "--organization", organization.slug, stdout=out)
    answer = json.loads(out.getvalue())
    assert [row["findings"][0]["fault"] for row in answer] == ["changed"]
    with pytest.raises(CommandError, match="no organisation"):
        call_command("verify_history", "--organization", "nobody")


def test_chains_of_organisations_are_apart(
    chain: list[Log], stranger: Organization, now: datetime, done: Callable[..., Log]
) -> None:
    from core.tenancy import tenant_scope

    with tenant_scope(stranger.pk):
        log = logs.record_log(
            resource=factories.resource(), performed_at=now, performed_by=None, by=None, now=now
        )
        assert (log.sequence, log.previous_hash) == (1, "")
        assert faults() == []


@pytest.mark.parametrize("fault", ["file_missing", "file_exchanged"])
def test_the_stored_files_themselves(
    chain: list[Log], organization: Organization, fault: str
) -> None:
    """A file on disk that is gone or another one is found when asked for; the rows alone say nothing of it."""
    call_command("verify_history", "--files", stdout=io.StringIO())
    path = Path(Attachment.objects.get().file.path)
    if fault == "file_missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"x")
    call_command("verify_history", stdout=io.StringIO())
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_history", "--files", "--json", stdout=out)
    found = [finding for row in json.loads(out.getvalue()) for finding in row["findings"]]
    assert [(row["fault"], row["sequence"], row["log_id"]) for row in found] == [
        (fault, 2, str(chain[1].pk))
    ]
