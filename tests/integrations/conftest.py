"""Files to import and the command that imports them, other systems that send, sockets with listeners."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.live.server import LiveServer
from maintenance_site import bootstrap
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.live import Listen, Listener, Served, cookie, listeners, serving, session_of


@dataclass(frozen=True)
class Said:
    """What the command said."""

    out: str
    error: str


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """A folder with npm's packages of the lock file and the program that uses them."""
    for file in (Path(__file__).parent.parent / "npm").iterdir():
        shutil.copy(file, tmp_path)
    install = [[*way, *bootstrap.NPM_CI] for way in bootstrap.ways_to_npm()]
    bootstrap.download(install, "npm's clients", folder=tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _own_uploads(settings: Any, tmp_path: Path) -> None:
    """Files of a test go with it."""
    settings.MEDIA_ROOT = tmp_path / "uploads"


Import = Callable[..., Said]


@pytest.fixture
def import_text(organization: Organization, now: datetime, tmp_path: Path) -> Import:
    """`import_text("resources", text, partial=True, …)`: the command on a file with this content."""

    def run(entity: str, content: str | bytes, **options: Any) -> Said:
        path = tmp_path / "file.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out, error = io.StringIO(), io.StringIO()
        named = {"organization": organization.slug, "now": now, **options}
        call_command("import_csv", entity, path, stdout=out, stderr=error, **named)
        return Said(out.getvalue(), error.getvalue())

    return run


@pytest.fixture
def inside(organization: Organization) -> Iterator[None]:
    """The rows of the organisation are in reach."""
    with tenant_scope(organization.pk):
        yield


@pytest.fixture
def sender(admin: User) -> Client:
    """Another system, which sends with an administrator's rights."""
    return Client(admin)


@pytest.fixture
def room(organization: Organization) -> Resource:
    """Room 204, by whichever of its names it is called."""
    with tenant_scope(organization.pk):
        return factories.resource(code="R-204", name="Room 204", external_id="room-204")


@pytest.fixture
def served(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Sockets without Redis: the process reads the publication itself."""
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(LiveServer, "rounds_every", 0.05)
    with serving() as found:
        yield found


@pytest.fixture
def listen(served: Served) -> Iterator[Listen]:
    """A listener that has come in by the person's session, or as the values say; hints tell it when all was said."""
    with listeners() as make:

        def come(person: User | None = None, **values: Any) -> Listener:
            headers = cookie(session_of(person)) if person else {}
            auth = values.pop("auth", {})
            if isinstance(auth, dict):
                auth = {"hints": True, **auth}
            return make().connect(served.url, auth=auth, **{"headers": headers, **values})

        yield come
