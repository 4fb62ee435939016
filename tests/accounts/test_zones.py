"""In which zone people read times."""

import pytest

from accounts.rights import Role
from accounts.zones import zone_name_of
from core.tenancy import tenant_scope
from tests import factories


@pytest.mark.django_db
def test_the_operator_reads_times_of_the_organization_in_reach() -> None:
    home = factories.organization(time_zone="Europe/Berlin")
    other = factories.organization(time_zone="Asia/Tokyo")
    operator = factories.user(home, role=Role.SUPER_ADMIN)
    assert zone_name_of(operator) == "Europe/Berlin"
    with tenant_scope(home.pk):
        assert zone_name_of(operator) == "Europe/Berlin"
    with tenant_scope(other.pk):
        assert zone_name_of(operator) == "Asia/Tokyo"
        operator.time_zone = "America/Lima"
        assert zone_name_of(operator) == "America/Lima"
