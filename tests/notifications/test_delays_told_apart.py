"""Delays were told as warnings of deadlines: what was told, and what people chose, moves to the new kind and back."""

from datetime import datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Organization, User
from notifications.models import Notification, Preference

MIGRATION = import_module("notifications.migrations.0007_order_delayed")


@pytest.fixture
def told(scope: Organization, admin: User, now: datetime) -> None:
    for key in ("delayed:1", "sla_warning:1"):
        Notification.objects.create(
            recipient=admin, kind="sla_warning", fact_key=key, title=key, expires_at=now
        )
    for channel, enabled in (("email", False), ("sms", True)):
        Preference.objects.create(user=admin, kind="sla_warning", channel=channel, enabled=enabled)


def kinds() -> dict[str, str]:
    return dict(Notification.objects.values_list("title", "kind"))


def choices() -> set[tuple[str, str, bool]]:
    return set(Preference.objects.values_list("kind", "channel", "enabled"))


def test_there_and_back(told: None) -> None:
    before = kinds(), choices()
    editor = SimpleNamespace(connection=connection, execute=connection.cursor().execute)
    MIGRATION.tell_delays_apart(apps, editor)
    assert kinds() == {"delayed:1": "order_delayed", "sla_warning:1": "sla_warning"}
    assert choices() == before[1] | {
        ("order_delayed", "email", False),
        ("order_delayed", "sms", True),
    }
    MIGRATION.tell_delays_as_warnings(apps, editor)
    assert (kinds(), choices()) == before
