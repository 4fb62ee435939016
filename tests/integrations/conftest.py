"""Files to import, and the command that imports them."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Organization
from core.tenancy import tenant_scope
from maintenance_site import bootstrap


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
