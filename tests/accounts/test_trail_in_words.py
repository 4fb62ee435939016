"""The audit trail as people read it: labels, names and their own clock; what is unknown stays as it was recorded."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import audit
from core.models import AuditEntry
from core.tenancy import tenant_scope
from scheduling.services import schedules
from tests import factories

TRAIL = "/admin/core/auditentry/"


@pytest.fixture
def console(admin: User) -> Client:
    """Of an administrator in Tokyo, nine hours ahead."""
    with tenant_scope(admin.organization_id):
        User.objects.filter(pk=admin.pk).update(time_zone="Asia/Tokyo")
    client = Client()
    client.force_login(admin)
    return client


def shown(page: Any) -> str:
    """The text of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def newest() -> AuditEntry:
    entry: AuditEntry = AuditEntry.objects.order_by("-at", "-id")[0]
    return entry


def test_labels_names_and_times(console: Client, admin: User) -> None:
    helper = factories.user(admin.organization, name="Tina Wolf")
    with tenant_scope(admin.organization_id):
        schedule = factories.schedule(frequency="monthly")
        changes = {
            "frequency": "quarterly",
            "assigned_to": helper,
            "start_at": datetime(2026, 3, 4, 22, 30, tzinfo=UTC),
        }
        schedules.update_schedule(schedule, changes, by=admin, now=timezone.now())
        entry = AuditEntry.objects.filter(object_id=str(schedule.pk), action="update").get()
    detail = shown(console.get(f"{TRAIL}{entry.pk}/change/"))
    assert "Frequency Monthly Quarterly" in detail
    assert "Assigned to – Tina Wolf" in detail
    assert "Start at Sat 31 Jan 2026, 16:00 Thu 5 Mar 2026, 07:30" in detail
    assert "quarterly" not in detail
    assert "2026-03-04T" not in detail


def test_the_history_of_one_thing_reads_the_same(console: Client, admin: User) -> None:
    helper = factories.user(admin.organization)
    body = {"email": helper.email, "name": helper.name, "role": "requester", "is_active": "on"}
    console.post(f"/admin/accounts/user/{helper.pk}/change/", body)
    page = shown(console.get(f"/admin/accounts/user/{helper.pk}/history/"))
    assert "Changed" in page
    assert "Role : Technician → Requester" in page


def test_ids_become_names_and_the_unknown_stays(console: Client, admin: User) -> None:
    gone = str(uuid4())
    with tenant_scope(admin.organization_id):
        changes = {
            "owner_id": [str(admin.pk), gone],
            "former_field": ["raw_value", {"some_key": [1, True]}],
            "not_a_day": ["2026-13-45", "2026-03-04"],
        }
        target = ("scheduling.resource", uuid4(), "Boiler")
        audit.record("update", target, by=None, now=timezone.now(), changes=changes)
        audit.record("left_behind", ("old.thing", "7", "Relic"), by=None, now=timezone.now())
        old, entry = AuditEntry.objects.order_by("-id")[:2]
    detail = shown(console.get(f"{TRAIL}{entry.pk}/change/"))
    assert f"Owner {admin.name} {gone}" in detail
    assert "Former field raw_value some key: 1, Yes" in detail
    assert "Not a day 2026-13-45 Wed 4 Mar 2026" in detail
    relic = shown(console.get(f"{TRAIL}{old.pk}/change/"))
    assert "Left behind" in relic
    assert "Relic" in relic


def test_the_trail_has_one_name(console: Client) -> None:
    page = shown(console.get(TRAIL))
    assert "Audit trail" in page
    assert "udit entries" not in page
