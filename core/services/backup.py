"""One archive with everything an installation needs to stand up again: database, uploads, manifest.

`mainstay-<UTC time>.tar.gz` holds `manifest.json` (engine, time, SHA-256 of every file), `database.sqlite3` or
`database.dump` (pg_dump's custom format) and `uploads/`. Uploads on S3 are kept by the bucket, not by the archive.
Archives are readable by their owner only: they hold everything that the site protects.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from core.errors import DomainError
from core.services import database_copy

_PREFIX = "mainstay-"
_SUFFIX = ".tar.gz"
_TIME = "%Y%m%dT%H%M%SZ"
_MANIFEST = "manifest.json"
_UPLOADS = "uploads"


class BackupError(DomainError):
    """The archive could not be written or read."""

    default_code = "backup"


def back_up(directory: Path, *, now: datetime, keep: timedelta) -> Path:
    """Write an archive into `directory` and remove archives there that are older than `keep`.

    The site may go on working: the database is copied as it is at one moment, and files are never rewritten.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{_PREFIX}{now.strftime(_TIME)}{_SUFFIX}"
    with tempfile.TemporaryDirectory(dir=directory, prefix=".unfinished-") as folder:
        unfinished = Path(folder) / target.name
        with _opened(unfinished) as archive:
            digests = {name: _added(archive, path, name) for name, path in _parts(Path(folder))}
            _add_manifest(archive, Path(folder), digests, now)
        unfinished.replace(target)
    _remove_old(directory, now - keep)
    return target


def restore(archive_path: Path, *, overwrite: bool) -> dict[str, Any]:
    """Bring database and uploads back from an archive; returns its manifest.

    Refuses an archive that is damaged or from another kind of database, and a database that already has
    organisations unless `overwrite`. Nothing is touched before all of the archive has been checked.
    """
    if not overwrite and _has_data():
        raise BackupError(
            "This database already holds data. Restore into an empty one, or say --overwrite."
        )
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as folder:
        root = Path(folder)
        _unpack(archive_path, root)
        manifest = _checked_manifest(root)
        try:
            database_copy.load(root / database_copy.file_name())
        except database_copy.CopyError as error:
            raise BackupError(str(error)) from error
        if not settings.S3_BUCKET:
            _replace_uploads(root / _UPLOADS, Path(settings.MEDIA_ROOT))
    return manifest


def _parts(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name in the archive and place of every file; the database first, so that it names no file added later."""
    dump = folder / database_copy.file_name()
    try:
        database_copy.dump(dump)
    except database_copy.CopyError as error:
        raise BackupError(str(error)) from error
    yield dump.name, dump
    dump.unlink()
    uploads = Path(settings.MEDIA_ROOT)
    if not settings.S3_BUCKET and uploads.exists():
        for path in _files(uploads):
            yield f"{_UPLOADS}/{path.relative_to(uploads)}", path


def _opened(path: Path) -> tarfile.TarFile:
    path.touch(mode=0o600)
    return tarfile.open(path, "w:gz", compresslevel=6)


def _added(archive: tarfile.TarFile, path: Path, name: str) -> str | None:
    """Add a file; its SHA-256, or None when the clean-up has just removed it."""
    try:
        digest = _digest(path)
        archive.add(path, arcname=name, recursive=False)
    except FileNotFoundError:
        return None
    return digest


def _add_manifest(
    archive: tarfile.TarFile, folder: Path, digests: dict[str, str | None], now: datetime
) -> None:
    manifest = {
        "product": "mainstay",
        "engine": connection.vendor,
        "created_at": now.isoformat(),
        "files": {name: digest for name, digest in digests.items() if digest is not None},
    }
    path = folder / _MANIFEST
    path.write_text(json.dumps(manifest, indent=1))
    archive.add(path, arcname=_MANIFEST)


def _checked_manifest(root: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((root / _MANIFEST).read_text())
        engine, files = manifest["engine"], dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError("This is not a Mainstay backup: it has no manifest.") from None
    if engine != connection.vendor:
        raise BackupError(f"The backup is of {engine}, this database is {connection.vendor}.")
    for name, digest in files.items():
        if not (root / name).is_file() or _digest(root / name) != digest:
            raise BackupError(f"The backup is damaged: {name} differs from what was written.")
    if {str(path.relative_to(root)) for path in _files(root)} != {*files, _MANIFEST}:
        raise BackupError("The backup is damaged: it holds files that were not written.")
    if database_copy.file_name() not in files:
        raise BackupError("The backup is damaged: it holds no database.")
    return manifest


def _unpack(archive_path: Path, root: Path) -> None:
    """Only plain files, only below `root`, readable by their owner only."""
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            for member in archive:
                target = (root / member.name).resolve()
                source = archive.extractfile(member) if member.isfile() else None
                if source is None or not target.is_relative_to(root.resolve()):
                    raise BackupError(f"{archive_path} holds {member.name!r}, which is no backup.")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (OSError, tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise BackupError(f"{archive_path} cannot be read: {error}") from error


def _replace_uploads(source: Path, target: Path) -> None:
    """First everything is there that the database names, then what it does not know goes."""
    target.mkdir(parents=True, exist_ok=True)
    kept = set()
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)
        kept = {path.relative_to(source) for path in _files(source)}
    for path in list(_files(target)):
        if path.relative_to(target) not in kept:
            path.unlink()


def _has_data() -> bool:
    with connection.cursor() as cursor:
        if "accounts_organization" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute("SELECT 1 FROM accounts_organization LIMIT 1")
        return cursor.fetchone() is not None


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in sorted(names))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_old(directory: Path, before: datetime) -> None:
    oldest = f"{_PREFIX}{before.strftime(_TIME)}{_SUFFIX}"
    for path in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        if path.name < oldest:
            path.unlink()
