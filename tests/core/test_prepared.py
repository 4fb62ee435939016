"""Queries whose SQL is made once, and moments as PostgreSQL writes them."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection
from django.db.models import CharField, UUIDField
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from core.ids import new_id
from core.postgresql import MomentLoader
from core.querysets.prepared import Prepared, Slot
from core.tenancy import all_tenants
from tests import factories


def _people() -> Prepared:
    def build():
        with all_tenants(reason="test"):
            return User.objects.select_related("organization").filter(
                pk=Slot("person", UUIDField()), email=Slot("email", CharField())
            )

    return Prepared(build)


def test_a_prepared_query_finds_the_row_of_its_values_with_what_belongs_to_it(admin, stranger):
    people, other = _people(), factories.user(stranger, role=Role.TECHNICIAN)
    for user in (admin, other, admin):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = people.first(person=user.pk, email=user.email)
            assert found.organization.name
        assert len(asked) == 1
        with all_tenants(reason="test"):
            fresh = User.objects.select_related("organization").get(pk=user.pk)
        for row, same in ((found, fresh), (found.organization, fresh.organization)):
            names = [field.attname for field in row._meta.concrete_fields]
            assert [getattr(row, n) for n in names] == [getattr(same, n) for n in names]


def test_a_prepared_query_finds_nothing_where_one_value_is_another(admin, user_with):
    people, other = _people(), user_with(Role.TECHNICIAN)
    assert people.first(person=admin.pk, email=other.email) is None
    assert people.first(person=new_id(), email=admin.email) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04 08:00:00+00", datetime(2026, 3, 4, 8, tzinfo=UTC)),
        ("2026-03-04 08:00:00.5+00", datetime(2026, 3, 4, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-04 08:00:00.000001+00", datetime(2026, 3, 4, 8, 0, 0, 1, tzinfo=UTC)),
        ("2026-03-04 13:30:00+05:30", datetime(2026, 3, 4, 8, tzinfo=UTC)),
    ],
)
def test_moments_of_postgresql_are_read_as_utc(text, moment):
    found = MomentLoader(0, None).load(text.encode())
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00+00 BC"])
def test_moments_that_python_cannot_hold_are_refused(text):
    with pytest.raises(psycopg.DataError):
        MomentLoader(0, None).load(text.encode())
