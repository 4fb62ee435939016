"""A receiver of webhooks with npm's `standardwebhooks` and `cloudevents` believes what it is sent."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.services import webhooks
from maintenance_site import bootstrap
from tests.integrations.receivers import drain, fresh, happen, made

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SOURCE = Path(__file__).parent / "npm"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The receiver with its packages, by the lock file's integrity hashes."""
    folder: Path = shutil.copytree(SOURCE, tmp_path_factory.mktemp("npm") / "receiver")
    ways = [[*way, *bootstrap.NPM_CI] for way in bootstrap.ways_to_npm()]
    bootstrap.download(ways, "a receiver of webhooks", folder=folder)
    return folder


@contextmanager
def listening(packages: Path, *secrets: str) -> Iterator[Any]:
    """The receiver's output; its first line is the port."""
    command = [*bootstrap.node(), str(packages / "receiver.cjs"), *secrets]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running.stdout
        running.kill()


def test_it_believes_what_it_is_sent(
    organization: Organization, packages: Path, settings: Any
) -> None:
    settings.WEBHOOKS_PRIVATE = True
    now = timezone.now()
    webhook = made(organization, "http://127.0.0.1/", now)
    old = webhook.secret
    with tenant_scope(organization.pk):
        webhooks.rotate_secret(webhook, by=None, now=now)
        with listening(packages, old, webhook.secret) as said:
            address = f"http://127.0.0.1:{int(said.readline())}/"
            webhooks.change_webhook(webhook, {"url": address}, by=None, now=now)
            ids = happen(organization, now, "task.created", "room.ready", "work-order.completed")
            drain(now)
            heard = [json.loads(said.readline()) for _ in ids]
    assert heard == [
        [ids[0], "task.created", 1],
        [ids[1], "room.ready", 2],
        [ids[2], "work-order.completed", 3],
    ]
    assert fresh(webhook).position == 3
