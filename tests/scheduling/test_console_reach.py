"""What people may see in the console but not change."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment
from scheduling.models import DueState, Occurrence, ResourceEntrustment
from tests import factories
from tests.console import signed_in


@pytest.mark.parametrize("what", ["skip", "move"])
def test_a_venue_admin_changes_no_date_of_a_schedule_that_reaches_further(
    what: str, user_with: Callable[[Role], User], scope: Organization
) -> None:
    kind = factories.resource_type()
    mine, other = factories.resource(type=kind), factories.resource(type=kind)
    keeper = user_with(Role.VENUE_ADMIN)
    ResourceEntrustment.objects.create(user=keeper, resource=mine)
    start = timezone.now() + timedelta(days=3)
    wide = factories.schedule(resource_type=kind, start_at=start)
    own = factories.schedule(resource=mine, start_at=start)
    client = signed_in(keeper)

    def act(schedule: Any) -> Any:
        key = DueState.objects.get(schedule=schedule, resource=mine).next_due_key
        values = {"schedule": str(schedule.pk), "resource": str(mine.pk), "occurrence": key}
        values |= {"reason": "Closed", "due_at": (start + timedelta(days=1)).isoformat()}
        return client.post(
            f"/admin/calendar/{what}/", json.dumps(values), content_type="application/json"
        )

    refused = act(wide)
    assert (refused.status_code, "beyond your venues" in refused.json()["detail"]) == (403, True)
    assert not Occurrence.objects.exists()
    assert act(own).status_code == 200
    assert Occurrence.objects.get().schedule_id == own.pk
    assert other.pk


def test_files_of_a_resource_come_from_those_who_may_change_it(
    user_with: Callable[[Role], User], scope: Organization
) -> None:
    lift = factories.resource()
    address = f"/admin/scheduling/resource/{lift.pk}/"
    coordinator: Client = signed_in(user_with(Role.MAINTENANCE_COORDINATOR))
    assert "photo/" not in coordinator.get(address).content.decode()
    upload = SimpleUploadedFile("notes.txt", b"Type plate", "text/plain")
    assert coordinator.post(f"{address}photo/", {"file": upload}).status_code == 403
    assert not Attachment.objects.exists()


def test_unknown_bulk_actions_are_not_found(admin: User, scope: Organization) -> None:
    schedule = factories.schedule(assigned_to=admin)
    address = "/admin/scheduling/schedule/bulk/remove/"
    client = signed_in(admin)
    assert client.get(address).status_code == 404
    assert client.post(address, {"id": [str(schedule.pk)]}).status_code == 404
    schedule.refresh_from_db()
    assert schedule.assigned_to == admin
