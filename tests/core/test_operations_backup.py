"""A backup brings everything back, and nothing that is not whole is accepted."""

import hashlib
import json
import stat
import tarfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import DomainError
from core.services import backup
from core.services.database_copy import file_name
from core.tenancy import tenant_scope
from tests import factories
from tests.threads import shared_database
from worklogs.models import Log
from worklogs.services import logs

pytestmark = pytest.mark.django_db(transaction=True)
MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def _on_disk(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "uploads", tmp_path
    with shared_database(tmp_path):
        yield


@pytest.fixture
def history(organization: Organization, now: datetime, tmp_path: Path) -> Organization:
    """A schedule whose work was logged three times, and an upload."""
    with tenant_scope(organization.pk):
        schedule = factories.schedule()
        for day in range(3):
            record(schedule, now + timedelta(days=day))
    (tmp_path / "uploads" / "a").mkdir(parents=True)
    (tmp_path / "uploads" / "a" / "photo.jpg").write_bytes(b"photo")
    return organization


def record(schedule: Any, at: datetime) -> Log:
    return logs.record_log(
        resource=schedule.resource,
        schedule=schedule,
        performed_at=at,
        performed_by=None,
        by=None,
        now=at,
    )


def everything() -> dict[str, list[Any]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = sorted(map(str, cursor.fetchall()))
    return found


def written(tmp_path: Path, now: datetime) -> Path:
    return backup.back_up(tmp_path / "backups", now=now, keep=MONTH)


def damage_the_site(tmp_path: Path) -> None:
    """What people do by mistake."""
    factories.organization(name="Made by mistake", slug="mistake")
    (tmp_path / "uploads" / "a" / "photo.jpg").unlink(missing_ok=True)
    (tmp_path / "uploads" / "stray.txt").write_text("stray")


def test_the_round_trip_is_equal(history: Organization, now: datetime, tmp_path: Path) -> None:
    before = everything()
    archive = written(tmp_path, now)
    damage_the_site(tmp_path)
    assert everything() != before
    manifest = backup.restore(archive, overwrite=True)
    assert everything() == before
    assert manifest["created_at"] == now.isoformat()
    uploads = [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in uploads] == [b"photo"]
    told = StringIO()
    call_command("verify_history", stdout=told)
    assert "3 logs, whole" in told.getvalue()


def test_restored_history_is_still_append_only(
    history: Organization, now: datetime, tmp_path: Path
) -> None:
    backup.restore(written(tmp_path, now), overwrite=True)
    with tenant_scope(history.pk), pytest.raises(Exception, match=r"append-only|never|not"):
        Log.objects.update(notes="changed")
    with connection.cursor() as cursor, pytest.raises(Exception, match="worklogs_log"):
        cursor.execute("UPDATE worklogs_log SET notes = 'changed'")


def test_data_is_not_overwritten_by_mistake(
    history: Organization, now: datetime, tmp_path: Path
) -> None:
    with pytest.raises(backup.BackupError, match="already holds data"):
        backup.restore(written(tmp_path, now), overwrite=False)


def test_only_the_owner_reads_it(history: Organization, now: datetime, tmp_path: Path) -> None:
    archive = written(tmp_path, now)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_old_archives_go(history: Organization, now: datetime, tmp_path: Path) -> None:
    kept = [written(tmp_path, now - timedelta(days=days)) for days in (31, 30, 1)][1:]
    kept.append(written(tmp_path, now))
    other = kept[0].parent / "notes.tar.gz"
    other.write_text("somebody's")
    assert sorted(kept[0].parent.iterdir()) == sorted([*kept, other])


@pytest.mark.parametrize("place", [0.1, 0.5, 0.95])
def test_a_damaged_archive_is_refused_untouched(
    history: Organization, now: datetime, tmp_path: Path, place: float
) -> None:
    archive = written(tmp_path, now)
    data = bytearray(archive.read_bytes())
    at = int(len(data) * place)
    data[at : at + 64] = bytes(byte ^ 0xFF for byte in data[at : at + 64])
    archive.write_bytes(data)
    before = everything()
    with pytest.raises(backup.BackupError):
        backup.restore(archive, overwrite=True)
    assert everything() == before


def test_a_cut_archive_is_refused(history: Organization, now: datetime, tmp_path: Path) -> None:
    archive = written(tmp_path, now)
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(backup.BackupError):
        backup.restore(archive, overwrite=True)


def packed(tmp_path: Path, parts: dict[str, bytes], **manifest: Any) -> Path:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}
    whole = {"engine": connection.vendor, "created_at": "", "files": digests, **manifest}
    path = tmp_path / "made.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, data in {**parts, "manifest.json": json.dumps(whole).encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, BytesIO(data))
    return path


def test_what_is_no_backup_of_this_engine_is_refused(tmp_path: Path) -> None:
    makers = {
        "is of oracle": lambda: packed(tmp_path, {}, engine="oracle"),
        "no database": lambda: packed(tmp_path, {"uploads/a": b"a"}),
        "not written": lambda: packed(tmp_path, {"uploads/a": b"a"}, files={}),
        "which is no backup": lambda: packed(tmp_path, {"../outside": b"a"}),
        "damaged|failed": lambda: packed(tmp_path, {file_name(): b"neither format" * 100}),
        "cannot be read": lambda: tmp_path / "missing.tar.gz",
        "no manifest": lambda: packed(tmp_path, {}, files=["a"]),
    }
    for message, make in makers.items():
        with pytest.raises(backup.BackupError, match=message):
            backup.restore(make(), overwrite=True)
    assert not (tmp_path.parent / "outside").exists()


def test_a_backup_among_writers_is_of_one_moment(
    history: Organization, now: datetime, tmp_path: Path
) -> None:
    """Logs are written all the time; the chain in the archive is whole and every row has its partners."""
    stop = threading.Event()
    with tenant_scope(history.pk):
        schedule = factories.schedule()
    counts: list[int] = []

    def write() -> None:
        try:
            with tenant_scope(history.pk):
                for number in range(10_000):
                    if stop.is_set():
                        break
                    record(schedule, now + timedelta(minutes=number))
                    counts.append(number)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    while not counts:
        stop.wait(0.01)
    archives = [written(tmp_path, now + timedelta(seconds=second)) for second in range(3)]
    stop.set()
    writer.join()
    for archive in archives:
        backup.restore(archive, overwrite=True)
        call_command("verify_history", stdout=StringIO())
        connection.check_constraints()
        with tenant_scope(history.pk):
            assert Log.objects.count() > 3


def test_the_commands(history: Organization, now: datetime, tmp_path: Path) -> None:
    told = StringIO()
    call_command("backup", str(tmp_path / "backups"), stdout=told)
    archive = Path(told.getvalue().strip())
    before = everything()
    with pytest.raises(CommandError, match="already holds data"):
        call_command("restore", str(archive))
    factories.organization(name="Made by mistake", slug="mistake")
    call_command("restore", str(archive), "--overwrite", stdout=told)
    assert "verify_history" in told.getvalue()
    assert everything()["accounts_organization"] == before["accounts_organization"]
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError):
        call_command("backup", str(tmp_path / "file"))
    assert issubclass(backup.BackupError, DomainError)


@pytest.mark.postgres
def test_missing_client_programs_are_named(
    now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backup.BackupError, match="install the PostgreSQL client programs"):
        written(tmp_path, now)
