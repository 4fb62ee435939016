"""Where a page of logs begins stands in the address, and people can write anything there."""

from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from core.tenancy import tenant_scope

_ID = UUID(int=1)


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-04T06:00:00"]
)
def test_a_place_beyond_time_is_the_first_page(
    client: Client, admin: User, side: str, moment: str
) -> None:
    with tenant_scope(admin.organization_id):
        client.force_login(admin)
    assert client.get("/admin/worklogs/log/", {side: f"{moment}~{_ID}"}).status_code == 200
