"""Conditions that are decided without the database are decided as the database does."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Length

from accounts.models import Organization
from core.models.conditions import holds
from scheduling.models import Booking
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONDITIONS = [
    *(Q(status="confirmed"), ~Q(status="confirmed"), Q(status__in=["confirmed", "cancelled"])),
    *(Q(starts_at__lt=F("ends_at")), Q(starts_at__gte=F("ends_at")), ~Q(people__gt=3)),
    *(Q(source_at=None), Q(source_at__isnull=False), ~Q(source_at__isnull=True), Q(people__lte=3)),
    *(Q(source_at__lt=NOON), ~Q(source_at__lt=NOON), Q(source_at=F("starts_at"))),
    Q(source_at=None) | Q(source_at__lt=NOON),
    Q(source_at=None, status="confirmed") | ~Q(source_at__lt=NOON) & Q(people__gt=1),
    ~(Q(source_at__lt=NOON) | Q(reference="")) | Q(people=5),
    Q(status="cancelled") ^ Q(source_at=None),
    Q(reference__startswith="A"),
    *(Q(status__in=[]), Q()),
]


def test_what_is_decided_is_what_the_database_says(scope: Organization) -> None:
    resource = factories.resource()
    decided = set()
    for status, people, source_at, ends_at in product(
        ("confirmed", "cancelled"), (1, 5), (None, NOON - HOUR, NOON), (NOON, NOON + HOUR)
    ):
        row: Any = Booking(resource=resource, status=status, people=people, source_at=source_at)
        row.starts_at, row.ends_at, row.reference = NOON, ends_at, "A-1"
        against = row._get_field_expression_map(meta=Booking._meta)
        for number, condition in enumerate(CONDITIONS):
            found = holds(condition, row)
            if found is not None:
                decided.add(number)
                assert found == condition.check(against), condition
    assert decided >= {*range(len(CONDITIONS))} - {16, 17}


@pytest.mark.parametrize(
    "condition",
    [Q(reference__startswith="A"), Q(people=F("people") + 1), Q(people__lt="x"), Length("source")],
)
def test_what_is_not_plain_is_left_to_the_database(scope: Organization, condition: Any) -> None:
    assert holds(condition, Booking(people=1, reference="A", source="x")) is None


def test_every_constraint_of_the_site_is_understood_or_left_alone(scope: Organization) -> None:
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, CheckConstraint | UniqueConstraint) and constraint.condition:
                assert holds(constraint.condition, model()) in {True, False, None}
