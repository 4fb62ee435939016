"""Filling a digest against taking it, on a database with several writers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from accounts.models import Organization, User
from core.tenancy import all_tenants, tenant_scope
from notifications.channels.base import Recipient
from notifications.models import Delivery, DeliveryItem, Kind, Notification
from notifications.services.telling import Fact, tell
from tests.threads import in_threads, shared_database

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(minutes=5)
Told = Callable[[str], int]


@pytest.fixture
def tell_one(organization: Organization, technician: User, now: datetime) -> Told:
    """Tells the technician one fact by its key, in a transaction of its own."""
    person = Recipient(technician.pk, technician.name, technician.email, "", "UTC")

    def call(key: str) -> int:
        fact = Fact(technician.pk, Kind.MAINTENANCE_DUE.value, key, f"Due: {key}")
        with tenant_scope(organization.pk), transaction.atomic():
            return tell([fact], {person.pk: person}, now=now)

    return call


def take(now: datetime) -> list[UUID]:
    with all_tenants(reason="as the worker does"):
        return Delivery.objects.claim(now=now + timedelta(minutes=1), lease=LEASE, limit=10)


def test_handlers_at_once_share_one_digest(
    organization: Organization, tell_one: Told, tmp_path: Path
) -> None:
    with shared_database(tmp_path):
        told, errors = in_threads(6, lambda number: tell_one(f"fact {number}"))
        assert errors == []
        with tenant_scope(organization.pk):
            assert sum(told) == DeliveryItem.objects.count() == 6
            assert Delivery.objects.count() == 1


def test_a_fact_told_by_several_at_once_is_told_once(
    organization: Organization, tell_one: Told, tmp_path: Path
) -> None:
    with shared_database(tmp_path):
        told, errors = in_threads(6, lambda _: tell_one("the same fact"))
        assert errors == []
        assert sum(told) == 1
        with tenant_scope(organization.pk):
            assert Notification.objects.count() == DeliveryItem.objects.count() == 1


def test_every_message_is_in_a_digest_that_still_leaves(
    organization: Organization, tell_one: Told, now: datetime, tmp_path: Path
) -> None:
    """Half of the threads fill, half take: nothing may be put into a digest after it was taken."""
    seen: dict[UUID, set[UUID]] = {}

    def one(number: int) -> Any:
        if number % 2:
            for step in range(5):
                tell_one(f"fact {number} {step}")
        else:
            for _ in range(10):
                for pk in take(now):
                    with tenant_scope(organization.pk):
                        items = DeliveryItem.objects.filter(delivery=pk)
                        seen[pk] = set(items.values_list("notification", flat=True))

    with shared_database(tmp_path):
        _, errors = in_threads(6, one)
        assert errors == []
        with tenant_scope(organization.pk):
            assert Notification.objects.count() == DeliveryItem.objects.count() == 15
            for pk, contents in seen.items():
                after = DeliveryItem.objects.filter(delivery=pk)
                assert set(after.values_list("notification", flat=True)) == contents


@pytest.mark.postgres
def test_a_digest_that_is_being_filled_is_left_alone(
    organization: Organization, technician: User, tell_one: Told, now: datetime
) -> None:
    tell_one("first")
    with tenant_scope(organization.pk), transaction.atomic():
        Delivery.objects.open_digests([technician.pk], "email", "prompt")
        taken, errors = in_threads(1, lambda _: take(now))
        assert (taken, errors) == ([[]], [])
    assert len(take(now)) == 1
