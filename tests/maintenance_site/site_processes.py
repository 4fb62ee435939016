"""Programs of the site as processes of their own, on the database of the test."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.services import passwords
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from tests import factories

#: The name under which PostgreSQL lists the connections of these processes.
PROGRAM = "site"
PATIENCE_SECONDS = 300


def postgresql_address(program: str) -> str:
    """The test database as DATABASE_URL, for connections that PostgreSQL lists under the program's name."""
    given = connection.settings_dict
    login = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    place = f"{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return f"postgresql://{login}@{place}?application_name={program}"


def environment(data: Path, **values: str) -> dict[str, str]:
    """Variables for a process on the test's database, which on SQLite must be a file by now."""
    data.mkdir(exist_ok=True)
    made = {"DATA_DIR": str(data), "DATABASE_URL": "", "REDIS_URL": "", "CELERY_BROKER_URL": ""}
    if connection.vendor == "postgresql":
        made["DATABASE_URL"] = postgresql_address(PROGRAM)
    else:
        file = data / "mainstay.sqlite3"
        if not file.exists():
            file.symlink_to(connection.settings_dict["NAME"])
    made |= {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "maintenance_site.settings"}
    return {**os.environ, **made, "LOG_FORMAT": "json", "LOG_LEVEL": "INFO", **values}


@contextmanager
def running(
    command: list[str], variables: dict[str, str], log: Path, *, ready: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """A Python program that has said that it is `ready`; killed at the end if it has not ended."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command],
            cwd=settings.BASE_DIR,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: ready in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.wait()


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds; how long that takes is the machine's affair."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def request_letters(colleague: User, names: list[str]) -> None:
    """Events whose handler puts one letter each on its way, to new colleagues of these names."""
    for name in names:
        address = f"{uuid4().hex}@example.org"
        person = factories.user(colleague.organization, name=name, email=address)
        with tenant_scope(person.organization_id):
            passwords.send_invitation(person, now=timezone.now())


def unfinished() -> int:
    """Events that nobody has handled."""
    with all_tenants(reason="test"):
        return OutboxEvent.objects.filter(finished_at=None).count()
