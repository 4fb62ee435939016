"""Dates of the console stand on the clock of the person who reads them."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from scheduling.services import schedules
from tests import factories


def test_dates_just_after_midnight(
    client: Client, admin: User, scope: Organization, time_machine: Any
) -> None:
    """Half past midnight in Berlin is still the day before in UTC."""
    kind = factories.resource_type()
    factories.resource(type=kind)
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    time_machine.move_to(moment, tick=False)
    schedule = factories.schedule(resource_type=kind, start_at=moment, frequency="annual")
    schedules.update_schedule(schedule, {"title": "Night shift"}, by=admin, now=moment)
    with tenant_scope(admin.organization_id):
        client.force_login(admin)
    page = client.get(f"/admin/scheduling/schedule/{schedule.pk}/?tab=resources").content.decode()
    assert '<span class="row-end">Sun 1 Feb 2026, 00:30 ' in page
    history = client.get(f"/admin/scheduling/schedule/{schedule.pk}/history/").content.decode()
    assert "Sun 1 Feb 2026, 00:30" in history
