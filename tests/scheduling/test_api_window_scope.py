"""Moving a recurring window by API: only this one, this and the following, or all."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from scheduling.models import Window
from scheduling.services import window_series
from tests import factories
from tests.api import Client


@pytest.fixture
def weekly(organization: Organization, admin: User) -> Iterator[list[Window]]:
    """Four Mondays in UTC, 08:00 to 10:00."""
    now = timezone.now()
    monday = now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(
        days=14 - now.weekday()
    )
    with tenant_scope(organization.pk):
        resource = factories.resource(time_zone="UTC")
        first = Window(
            title="Clean", resource=resource, starts_at=monday, ends_at=monday + timedelta(hours=2)
        )
        yield window_series.create_series(first, "FREQ=WEEKLY;COUNT=4", by=admin, now=now)


@pytest.mark.parametrize(
    ("scope", "moved"),
    [
        ({}, [0, 1, 0, 0]),
        ({"scope": "one"}, [0, 1, 0, 0]),
        ({"scope": "following"}, [0, 1, 1, 1]),
        ({"scope": "all"}, [1, 1, 1, 1]),
    ],
)
def test_moving_reaches_as_far_as_was_said(
    weekly: list[Window], admin: User, scope: dict[str, Any], moved: list[int]
) -> None:
    hour = timedelta(hours=1)
    second = weekly[1]
    times = {name: (getattr(second, name) + hour).isoformat() for name in ("starts_at", "ends_at")}

    answer = Client(admin).patch(f"windows/{second.pk}", {**times, **scope})

    assert answer.status_code == 200, answer.json()
    assert datetime.fromisoformat(answer.json()["starts_at"]) == second.starts_at + hour
    stored = Window.objects.order_by("starts_at").values_list("starts_at", flat=True)
    before = [window.starts_at for window in weekly]
    assert [(now - then) // hour for now, then in zip(stored, before, strict=True)] == moved
