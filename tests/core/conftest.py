from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import all_tenants, tenant_scope


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
