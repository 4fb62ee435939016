from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core import outbox
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope

NAME = "kernel.thing.happened"


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def mine(db: None) -> Organization:
    return Organization.objects.create(name="Hotel Adler", slug="adler")


@pytest.fixture
def theirs(db: None) -> Organization:
    return Organization.objects.create(name="Stadtwerke", slug="stadtwerke")


@pytest.fixture
def scope(mine: Organization) -> Iterator[UUID]:
    with tenant_scope(mine.pk) as organization_id:
        yield organization_id


def person(organization: Organization, email: str, role: Role = Role.ADMIN) -> User:
    with all_tenants(reason="test set-up"):
        return User.objects.create(
            organization=organization, email=email, name=email.split("@")[0], role=role
        )


@pytest.fixture
def anna(mine: Organization) -> User:
    return person(mine, "anna@adler.example")


@pytest.fixture
def otto(theirs: Organization) -> User:
    return person(theirs, "otto@stadtwerke.example")


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Only the handlers of the test are registered."""
    registry: dict[str, Any] = {}
    monkeypatch.setattr(outbox, "_handlers", registry_of(registry))
    monkeypatch.setattr(outbox, "_bell", None)
    return registry


def registry_of(registry: dict[str, Any]) -> Any:
    class Registry(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            return self.setdefault(name, {})

    made = Registry()
    registry["all"] = made
    return made


def publish(
    organization_id: UUID, now: datetime, count: int = 1, **payload: Any
) -> list[OutboxEvent]:
    with transaction.atomic():
        return outbox.publish_many(
            NAME, [payload] * count, organization_id=organization_id, now=now
        )
