"""What leaves is understood by others' libraries: npm's `standardwebhooks` and `cloudevents`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from integrations.services import publication
from maintenance_site import bootstrap
from tests.integrations.receivers import drain, made, receiving
from tests.integrations.test_events import repair

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_a_webhook_is_signed_and_an_event(admin: User, clients: Path, settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    now = timezone.now()
    with receiving() as receiver:
        webhook = made(admin.organization, receiver.address, now)
        order = repair(admin, now)
        publication.publish_waiting(now)
        drain(now)
        requests = [{"headers": headers, "body": body.decode()} for headers, body in receiver.got]
    said = subprocess.run(
        [*bootstrap.node(), "verify.mjs"],
        cwd=clients,
        input=json.dumps({"secret": webhook.secret, "requests": requests}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = json.loads(said)
    assert [one["id"] for one in found] == receiver.ids
    assert {one["source"].rpartition("/")[2] for one in found} == {admin.organization.slug}
    numbers = {one["number"] for one in found if one["type"].startswith("work-order.")}
    assert numbers == {order.number}
