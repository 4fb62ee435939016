"""One archive with everything an installation needs to stand up again: database, uploads, manifest.

`mainstay-<UTC time>.tar.gz` holds `manifest.json` (engine, time, SHA-256 of every file), `database.sqlite3` or
`database.dump` (pg_dump's custom format) and `uploads/`. Uploads on S3 are kept by the bucket, not by the archive.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from core.errors import DomainError

_PREFIX = "mainstay-"
_SUFFIX = ".tar.gz"
_TIME = "%Y%m%dT%H%M%SZ"


class BackupError(DomainError):
    """The archive could not be written or read."""

    default_code = "backup"


def back_up(directory: Path, *, now: datetime, keep: timedelta) -> Path:
    """Write an archive into `directory` and remove archives there that are older than `keep`."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{_PREFIX}{now.strftime(_TIME)}{_SUFFIX}"
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        root = Path(folder)
        _dump_database(root)
        if not settings.S3_BUCKET and Path(settings.MEDIA_ROOT).exists():
            shutil.copytree(settings.MEDIA_ROOT, root / "uploads")
        _write_manifest(root, now)
        unfinished = directory / f".{target.name}"
        with tarfile.open(unfinished, "w:gz") as archive:
            archive.add(root, arcname=".")
        unfinished.replace(target)
    _remove_old(directory, now - keep)
    return target


def restore(archive_path: Path, *, overwrite: bool) -> dict[str, Any]:
    """Bring database and uploads back from an archive; returns its manifest.

    Refuses an archive that is damaged or from another kind of database, and a database that already has
    organisations unless `overwrite`.
    """
    if not overwrite and _has_data():
        raise BackupError(
            "This database already holds data. Restore into an empty one, or say --overwrite."
        )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _unpack(archive_path, root)
        manifest = _checked_manifest(root)
        _load_database(root)
        if (root / "uploads").exists():
            shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
            shutil.copytree(root / "uploads", settings.MEDIA_ROOT)
    return manifest


def _dump_database(root: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(root / "database.sqlite3")) as copy:
            connection.connection.backup(copy)
        return
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={root / 'database.dump'}"])


def _load_database(root: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(root / "database.sqlite3")) as copy:
            copy.backup(connection.connection)
        return
    name = connection.settings_dict["NAME"]
    dump = str(root / "database.dump")
    _run(
        [
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--exit-on-error",
            f"--dbname={name}",
            dump,
        ]
    )


def _run(command: list[str]) -> None:
    """Run a PostgreSQL program with this installation's connection."""
    values = connection.settings_dict
    access = {
        "PGHOST": values["HOST"],
        "PGPORT": str(values["PORT"] or ""),
        "PGUSER": values["USER"],
        "PGPASSWORD": values["PASSWORD"],
        "PGDATABASE": values["NAME"],
    }
    environment = {**os.environ, **{name: value for name, value in access.items() if value}}
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise BackupError(
            f"{command[0]} is not installed here: install the PostgreSQL client programs."
        ) from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{command[0]} failed: {error.stderr.strip()[:500]}") from error


def _write_manifest(root: Path, now: datetime) -> None:
    manifest = {
        "product": "mainstay",
        "engine": connection.vendor,
        "created_at": now.isoformat(),
        "files": {str(path.relative_to(root)): _digest(path) for path in _files(root)},
    }
    (root / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _checked_manifest(root: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((root / "manifest.json").read_text())
    except (OSError, ValueError):
        raise BackupError("This is not a Mainstay backup: it has no manifest.") from None
    if manifest.get("engine") != connection.vendor:
        raise BackupError(
            f"The backup is of {manifest.get('engine')}, this database is {connection.vendor}."
        )
    for name, digest in manifest["files"].items():
        if not (root / name).is_file() or _digest(root / name) != digest:
            raise BackupError(f"The backup is damaged: {name} differs from what was written.")
    return manifest


def _unpack(archive_path: Path, root: Path) -> None:
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            archive.extractall(root, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BackupError(f"{archive_path} cannot be read: {error}") from error


def _has_data() -> bool:
    with connection.cursor() as cursor:
        if "accounts_organization" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute("SELECT 1 FROM accounts_organization LIMIT 1")
        return cursor.fetchone() is not None


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_old(directory: Path, before: datetime) -> None:
    oldest = f"{_PREFIX}{before.strftime(_TIME)}{_SUFFIX}"
    for path in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        if path.name < oldest:
            path.unlink()
