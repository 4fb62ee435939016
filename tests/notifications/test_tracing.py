"""A mail is traced to what caused it: the request or command, through messages, deliveries and the log."""

import json
import logging
import runpy
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import management
from django.core.management import call_command
from django.test import Client

from accounts.models import Organization, User
from core.models import AuditEntry
from core.tenancy import tenant_scope
from maintenance_site.log_format import logging_settings
from notifications.models import Delivery, Notification
from notifications.services.deliveries import deliver_due
from tests.events import relay_all
from tests.notifications.conftest import Sink

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]
ID = "caller-2026-03-04"
LATER = timedelta(days=3650)  # doors look at the real clock


def browser(user: User) -> Client:
    made = Client()
    with tenant_scope(user.organization_id):
        made.force_login(user)
    return made


def causes(organization: Organization) -> set[str]:
    """The correlation ids of every message and delivery."""
    with tenant_scope(organization.pk):
        rows = [*Notification.objects.all(), *Delivery.objects.all()]
    assert rows
    return {row.correlation_id for row in rows}


def test_a_digest_leads_back_to_the_request(
    organization: Organization,
    admin: User,
    technician: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
) -> None:
    due_work(-3, assigned_to=technician)
    caller = browser(admin)
    answer = caller.post("/api/v1/alerts/generate", headers={"X-Correlation-ID": ID})
    assert answer.status_code == 200, answer.content
    relay_all(now + LATER)
    assert causes(organization) == {ID}

    lines = StringIO()
    made = dict(logging_settings(json=True, level="INFO")["formatters"]["line"])
    handler = logging.StreamHandler(lines)
    handler.setFormatter(made.pop("()")(**made))
    sender = logging.getLogger("notifications.services.deliveries")
    sender.addHandler(handler)
    try:
        deliver_due(now + LATER)
    finally:
        sender.removeHandler(handler)
    (line,) = map(json.loads, lines.getvalue().splitlines())
    with tenant_scope(organization.pk):
        row = Delivery.objects.get()
    assert line["correlation_id"] == ID
    assert line["event"] == f"Delivery {row.pk} by email: sent."

    found = caller.get("/admin/notifications/delivery/", {"q": row.message_id}).content.decode()
    assert "Tina Wolf" in found
    assert "Tina Wolf" in caller.get(f"/admin/notifications/delivery/?q={ID}").content.decode()
    page = caller.get(f"/admin/notifications/delivery/{row.pk}/change/").content.decode()
    assert ID in page


def test_a_digest_names_every_cause(
    organization: Organization, admin: User, technician: User, due_work: Work, now: datetime
) -> None:
    caller = browser(admin)
    for number in range(2):
        due_work(-3, assigned_to=technician)
        caller.post("/api/v1/alerts/generate", headers={"X-Correlation-ID": f"{ID}-{number}"})
        relay_all(now + LATER)
    with tenant_scope(organization.pk):
        row = Delivery.objects.get()
    page = caller.get(f"/admin/notifications/delivery/{row.pk}/change/").content.decode()
    assert row.correlation_id == f"{ID}-0"
    assert f"{ID}-0, {ID}-1" in page


def test_a_letter_leads_back_to_the_request(
    organization: Organization, technician: User, now: datetime
) -> None:
    answer = Client().post(
        "/admin/password-reset/", {"email": technician.email}, headers={"X-Correlation-ID": ID}
    )
    assert answer.status_code == 302
    relay_all(now + LATER)
    assert causes(organization) == {ID}


def test_a_check_by_command_has_an_id(
    organization: Organization,
    technician: User,
    due_work: Work,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due_work(assigned_to=technician)
    monkeypatch.setattr(sys, "argv", ["manage.py", "check_due", "--now", now.isoformat()])
    # Django's own closes the connection that this test works in
    monkeypatch.setattr(management, "execute_from_command_line", lambda it: call_command(*it[1:]))
    runpy.run_path("manage.py", run_name="__main__")
    (cause,) = causes(organization)
    assert len(cause) == 32
    with tenant_scope(organization.pk):
        assert set(AuditEntry.objects.values_list("correlation_id", flat=True)) <= {cause, ""}
