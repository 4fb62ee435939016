"""The relay and the clean-up in portions: of one organisation, of some rows."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization
from core import outbox
from core.models import OutboxEvent
from core.tenancy import all_tenants
from tests.core.conftest import publish


def test_a_relay_for_one_organisation_leaves_the_others_waiting(
    mine: Organization, theirs: Organization, now: datetime
) -> None:
    publish(theirs.pk, now, count=2)
    publish(mine.pk, now)
    assert outbox.relay(now, organization_id=mine.pk) == 1
    assert outbox.relay(now, organization_id=mine.pk) == 0
    with all_tenants(reason="test"):
        waiting = OutboxEvent.objects.due(now).values_list("organization", flat=True)
        assert list(waiting) == [theirs.pk] * 2
    assert outbox.relay(now) == 2


def test_clean_up_works_in_steps(
    mine: Organization,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    monkeypatch.setattr(outbox, "_CLEAN_UP_STEP", 2)
    publish(mine.pk, now, count=5)
    outbox.relay(now)
    with django_assert_num_queries(3 * 5):
        assert outbox.clean_up(now + timedelta(days=8)) == 5
