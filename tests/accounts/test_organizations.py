"""Founding an organisation, and what follows from its settings."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from accounts.services import organizations
from core import outbox
from core.tenancy import tenant_scope
from scheduling.models import Resource
from scheduling.services import rebuild
from tests import factories


def test_a_new_organisation_by_command(
    db: None, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "tulips in the rain")
    call_command(
        "createorganization", "Grand Hotel", email="Chief@grand.example", time_zone="Asia/Tokyo"
    )
    founded = Organization.objects.get(slug="grand-hotel")
    outbox.relay(now=datetime.now(UTC))
    founded.refresh_from_db()
    with tenant_scope(founded.pk):
        chief = User.objects.get(email="chief@grand.example")
        assert chief.check_password("tulips in the rain")
    assert founded.next_check_at is not None
    assert founded.next_check_at.hour == 21  # 06:00 in Tokyo
    with pytest.raises(CommandError, match="Another organisation has this short name"):
        call_command("createorganization", "Grand Hotel", email="other@grand.example")
    monkeypatch.setenv("ADMIN_PASSWORD", "123")
    with pytest.raises(CommandError, match="too short"):
        call_command("createorganization", "Small", email="x@small.example")


def test_due_dates_follow_the_zone_of_the_organisation(
    scope: Organization, admin: User, now: datetime
) -> None:
    schedule = factories.schedule()
    elsewhere = factories.resource(time_zone="America/New_York")
    below = factories.resource(parent=elsewhere)
    organizations.change_organization(
        scope, {"time_zone": "Asia/Tokyo", "check_hour": 3}, by=admin, now=now
    )
    outbox.relay(now=datetime.now(UTC))
    zones = dict(Resource.objects.values_list("pk", "effective_time_zone"))
    assert schedule.resource is not None
    assert zones[schedule.resource.pk] == "Asia/Tokyo"
    assert zones[elsewhere.pk] == zones[below.pk] == "America/New_York"
    assert not list(rebuild.rebuild(now=datetime.now(UTC), write=False))
    scope.refresh_from_db()
    assert scope.next_check_at is not None
    assert scope.next_check_at.hour == 18
