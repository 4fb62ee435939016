"""The whole database into one file and back, by the means of its engine."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection


class CopyError(RuntimeError):
    """The database could not be copied; the text says why."""


def file_name() -> str:
    """What the file is called: SQLite's own format, or pg_dump's custom format."""
    return "database.sqlite3" if connection.vendor == "sqlite" else "database.dump"


def dump(path: Path) -> None:
    """Write the database as it is at one moment; others may go on writing."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        return
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}"])


def load(path: Path) -> None:
    """Replace what is in the database by what is in the file: all of it or nothing."""
    if connection.vendor == "sqlite":
        _load_sqlite(path)
        return
    how = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
    _run(["pg_restore", *how, f"--dbname={_address()}", str(path)])


def _load_sqlite(path: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        try:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            verdict = str(error)
        if verdict != "ok":
            raise CopyError(f"The database in the backup is damaged: {verdict}.")
        try:
            copy.backup(connection.connection)
        except sqlite3.Error as error:
            raise CopyError(f"The database could not be replaced: {error}.") from error


def _address() -> str:
    """This installation's database in libpq's words, without the password."""
    from psycopg.conninfo import make_conninfo

    values = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
    given: dict[str, Any] = {key: values[name] for key, name in named.items() if values[name]}
    given |= {key: value for key, value in values["OPTIONS"].items() if key != "pool"}
    return make_conninfo(**given)


def _run(command: list[str]) -> None:
    environment = {**os.environ, "PGPASSWORD": connection.settings_dict["PASSWORD"]}
    if command[0] == "pg_dump":
        command = [*command, f"--dbname={_address()}"]
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise CopyError(
            f"{command[0]} is not installed here: install the PostgreSQL client programs."
        ) from None
    except subprocess.CalledProcessError as error:
        raise CopyError(f"{command[0]} failed: {error.stderr.strip()[:500]}") from error
