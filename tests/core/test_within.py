"""Looking rows up by the beginning of a text: the same rows on either database, by an index."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization
from scheduling.models import DueState, Resource, Window
from tests import factories


@pytest.fixture
def lift(scope: Organization) -> Resource:
    house = factories.resource(code="HOUSE")
    lift: Resource = factories.resource(code="LIFT", parent=house)
    factories.resource(code="CABIN", parent=lift)
    factories.resource(code="HALL", parent=house)
    return lift


def codes(rows: Any) -> list[str]:
    return sorted(rows.values_list("code", flat=True))


def test_what_begins_so_is_found_and_nothing_beside_it(lift: Resource) -> None:
    rows = Resource.objects
    assert codes(rows.filter(path__within=lift.path)) == ["CABIN", "LIFT"]
    assert codes(rows.exclude(path__within=lift.path)) == ["HALL", "HOUSE"]
    assert codes(rows.filter(code__within="H")) == ["HALL", "HOUSE"]
    assert codes(rows.filter(code__within="HO")) == ["HOUSE"]
    assert codes(rows.filter(code__within="hO")) == []
    assert codes(rows.filter(code__within="H_")) == []
    assert codes(rows.filter(code__within="%")) == []


def test_rows_that_point_there_are_found(lift: Resource) -> None:
    start = factories.START
    window = factories.window(start, start + timedelta(hours=1), resource=lift)
    assert list(Window.objects.subtree(lift.path)) == [window]
    assert list(Window.objects.filter(resource__path__within=lift.path)) == [window]
    assert not Window.objects.subtree(Resource.objects.get(code="HALL").path).exists()


@pytest.mark.sqlite
def test_sqlite_looks_in_the_index_with_and_without_statistics(lift: Resource) -> None:
    by_path = "scheduling_resource USING INDEX scheduling_resource_path"
    below = DueState.objects.filter(resource__path__within=lift.path)
    assert by_path in Resource.objects.subtree(lift.path).explain()
    assert by_path in below.explain()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert by_path in Resource.objects.subtree(lift.path).explain()
