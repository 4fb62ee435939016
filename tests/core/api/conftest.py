from collections.abc import Iterator

import pytest

from accounts.models import Organization
from core.tenancy import tenant_scope


@pytest.fixture
def inside(organization: Organization) -> Iterator[Organization]:
    """The organisation, with its rows in reach for the whole test."""
    with tenant_scope(organization.pk):
        yield organization
