"""Placing resources at the same time: the tree stays a tree, and paths say where everything stands."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Barrier, current_thread, main_thread
from typing import Any

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import Resource
from scheduling.services import conflicts, organizations, resources
from tests import factories
from tests.threads import in_threads, shared_database


@pytest.fixture
def at_work(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Organization]:
    """An organisation whose placements take long enough to meet."""
    organization = factories.organization()
    place = resources._place

    def slowly(resource: Resource) -> None:
        place(resource)
        time.sleep(0.3)

    monkeypatch.setattr(resources, "_place", slowly)
    with tenant_scope(organization.pk), shared_database(tmp_path):
        yield organization


def move_against_each_other(organization: Organization, now: datetime) -> list[Exception]:
    """One moves below two while two moves below one."""
    one, two = factories.resource(name="One"), factories.resource(name="Two")

    def move(number: int) -> None:
        with tenant_scope(organization.pk):
            moved, parent = [Resource.objects.get(pk=row.pk) for row in _ordered(number, one, two)]
            resources.update_resource(moved, {"parent": parent}, by=None, now=now)

    return in_threads(2, move)[1]


def _ordered(number: int, *rows: Resource) -> list[Resource]:
    return list(rows if number == 0 else reversed(rows))


def create_below_what_moves(organization: Organization, now: datetime) -> None:
    """A child is created while its parent moves into a house in Tokyo."""
    house = factories.resource(name="House", time_zone="Asia/Tokyo")
    floor = factories.resource(name="Floor")

    def act(number: int) -> None:
        with tenant_scope(organization.pk):
            parent = Resource.objects.get(pk=floor.pk)
            if number == 0:
                resources.update_resource(parent, {"parent": house}, by=None, now=now)
            else:
                factories.resource(name="Lamp", parent=parent)

    _, errors = in_threads(2, act)
    assert errors == []


def misplaced() -> list[str]:
    """Resources whose path or zone does not follow from the rows above, or that stand in a circle."""
    rows: dict[Any, Resource] = {row.pk: row for row in Resource.objects.all()}
    wrong = []
    for row in rows.values():
        above = rows.get(row.parent_id)
        path = f"{above.path if above else ''}{row.pk.hex}/"
        zone = row.time_zone or (above.effective_time_zone if above else "Europe/Berlin")
        if (row.path, row.effective_time_zone) != (path, zone):
            wrong.append(row.name)
    return sorted(wrong)


def test_opposite_moves_make_no_circle(at_work: Organization, now: datetime) -> None:
    (refused,) = move_against_each_other(at_work, now)
    assert "below itself" in str(refused)
    assert misplaced() == []


def test_a_child_created_while_its_parent_moves(at_work: Organization, now: datetime) -> None:
    create_below_what_moves(at_work, now)
    assert misplaced() == []
    assert Resource.objects.get(name="Lamp").effective_time_zone == "Asia/Tokyo"


@pytest.mark.postgres
def test_the_race_is_real(
    at_work: Organization, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the locks each stands below the other: both look at all they need before either has written."""
    move_subtree, both = resources._move_subtree, Barrier(2, timeout=300)

    def together(*rows: Resource, **rest: Any) -> None:
        move_subtree(*rows, **rest)
        if current_thread() is not main_thread():
            both.wait()

    monkeypatch.setattr(resources, "_move_subtree", together)
    monkeypatch.setattr(resources, "lock_tree", lambda organization_id: None)
    monkeypatch.setattr(conflicts, "lock", lambda *rows: None)
    assert move_against_each_other(at_work, now) == []
    assert misplaced() == ["One", "Two"]


def test_a_resource_created_while_the_organisation_changes_its_zone(
    at_work: Organization, now: datetime
) -> None:
    def act(number: int) -> None:
        with tenant_scope(at_work.pk):
            if number == 0:
                Organization.objects.filter(pk=at_work.pk).update(time_zone="Asia/Tokyo")
                organizations.follow_settings(at_work.pk, ["time_zone"], now=now)
            else:
                factories.resource(name="Lamp")

    _, errors = in_threads(2, act)
    assert errors == []
    assert Resource.objects.get(name="Lamp").effective_time_zone == "Asia/Tokyo"
