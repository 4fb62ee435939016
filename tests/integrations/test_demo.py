"""The demo is true on any date, safe to repeat, and stays out of production."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import Organization, User, WorkingCalendar
from core.models import Attachment
from core.tenancy import tenant_scope
from integrations.services.demo import load, plans, tables
from notifications.models import Notification
from scheduling.models import (
    Booking,
    DueCheckRun,
    DueState,
    Occurrence,
    Resource,
    Schedule,
    Window,
    WindowOverride,
)
from scheduling.services import rebuild
from worklogs.models import Log

pytestmark = pytest.mark.thorough

NOW = datetime(2028, 2, 29, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_the_demo_is_at_work_on_any_date(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    organization = load.load(now=NOW)

    with tenant_scope(organization.pk):
        assert WorkingCalendar.objects.get(is_round_the_clock=False).is_default
        assert Resource.objects.count() >= 60
        assert Schedule.objects.kept().count() >= 40
        assert set(Schedule.objects.values_list("frequency", flat=True)) == set(Schedule.Frequency)
        assert set(Schedule.objects.values_list("backlog", flat=True)) == set(Schedule.Backlog)
        assert set(Resource.objects.values_list("status", flat=True)) == set(Resource.Status)
        assert Schedule.objects.deleted().exists()
        assert Schedule.objects.filter(is_active=False, deleted_at=None).exists()
        assert Log.objects.filter(performed_at__lt=NOW - timedelta(days=300)).exists()
        assert Log.objects.exclude(issues_found="none").exists()
        assert Occurrence.objects.filter(is_compliant=False).exists()
        assert Occurrence.objects.filter(status="missed").exists()
        assert Attachment.objects.filter(target_type="log", target_id__isnull=False).exists()
        assert DueState.objects.overdue(now=NOW).count() >= 5
        today = datetime(2028, 2, 29, tzinfo=UTC)
        for days in range(6):
            start = today + timedelta(days=days)
            assert DueState.objects.due_in(start, start + timedelta(days=1)).exists(), days
        assert DueCheckRun.objects.filter(trigger="daily", sent__gt=0).exists()
        assert Notification.objects.unread().exists()
        assert not Log.objects.filter(performed_at__gt=NOW).exists()
        assert set(Window.objects.values_list("status", flat=True)) == set(Window.Status)
        assert WindowOverride.objects.exists()
        assert Window.objects.filter(series__isnull=False, starts_at__gt=NOW).exists()
        assert set(Booking.objects.values_list("status", flat=True)) == set(Booking.Status)
        assert list(rebuild.rebuild(now=NOW, write=False)) == []
    for name in ("admin", "executive", "venue", "coordinator", "technician", "requester", "super"):
        person: Any = authenticate(username=f"{name}@demo.example", password=settings.DEMO_PASSWORD)
        with tenant_scope(organization.pk):
            sees = DueState.objects.visible_to(person)
            assert sees.filter(next_due_at__isnull=False).exists(), name
    assert Organization.objects.count() == 2


@pytest.mark.parametrize(
    "today", [date(2028, 2, 29), date(2026, 12, 31), date(2027, 3, 30), date(2027, 3, 1)]
)
def test_every_series_leads_to_the_day_that_its_row_speaks_of(today: date) -> None:
    for row in tables.rows("schedules"):
        if row["frequency"] in {"monthly", "quarterly", "semiannual", "annual"}:
            assert plans.anchor(row, today).day == plans.target_day(row, today).day


@pytest.mark.django_db
def test_it_is_loaded_once_and_never_beside_others_data(organization: Organization) -> None:
    out = io.StringIO()

    call_command("load_demo", "--if-empty", stdout=out)

    assert "the demo was not loaded" in out.getvalue()
    Organization.objects.create(name="Hotel", slug=load.SLUG)
    call_command("load_demo", stdout=out)
    assert "The demo is there already." in out.getvalue()
    with tenant_scope(organization.pk):
        assert not User.objects.exists()


@pytest.mark.django_db
def test_production_is_left_alone(settings: Any) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="add --force"):
        call_command("load_demo")

    assert not Organization.objects.exists()
