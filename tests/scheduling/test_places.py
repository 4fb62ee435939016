"""What places are called is remembered where all processes share a cache, and never after it is no longer so."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import Resource
from scheduling.services import places, resources
from tests import factories
from tests.threads import shared_database

pytestmark = pytest.mark.django_db(transaction=True)


class Shared(LocMemCache):
    """As Redis is, for a machine without one."""

    is_shared = True


@pytest.fixture(autouse=True)
def _shared_cache(settings: Any, db: None, tmp_path: Path) -> Iterator[None]:
    if not getattr(cache, "is_shared", False):
        backend = f"{Shared.__module__}.{Shared.__qualname__}"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "places"}}
    cache.clear()
    with shared_database(tmp_path):
        yield


@pytest.fixture
def room(scope: Organization) -> Resource:
    house = factories.resource(name="Main house")
    floor = factories.resource(name="Second floor", parent=house)
    return factories.resource(name="Room 204", parent=floor)


def _asked(room: Resource) -> tuple[str, int]:
    with CaptureQueriesContext(connection) as queries:
        return places.place_in_words(room), len(queries)


def test_words_are_read_once(room: Resource) -> None:
    words = "Room 204, Second floor, Main house"
    assert [_asked(room), _asked(room)] == [(words, 1), (words, 0)]


def test_new_names_and_moves_are_seen_at_once_from_every_place_below(
    room: Resource, now: datetime
) -> None:
    places.place_in_words(room)
    house = Resource.objects.get(name="Main house")
    resources.update_resource(house, {"name": "Old house"}, by=None, now=now)
    assert places.place_in_words(room) == "Room 204, Second floor, Old house"
    floor = Resource.objects.get(name="Second floor")
    resources.update_resource(floor, {"parent": None}, by=None, now=now)
    room.refresh_from_db()
    assert places.place_in_words(room) == "Room 204, Second floor"


def test_a_change_that_is_taken_back_was_never_said(room: Resource, now: datetime) -> None:
    places.place_in_words(room)
    with transaction.atomic():
        resources.update_resource(room, {"name": "Suite"}, by=None, now=now)
        assert places.place_in_words(room).startswith("Suite")
        transaction.set_rollback(True)
    assert places.place_in_words(room).startswith("Room 204")


def test_names_read_before_a_change_are_not_kept_after_it(
    room: Resource, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = places._read

    def read_and_be_overtaken(keys: Any) -> Any:
        found = read(keys)
        monkeypatch.setattr(places, "_read", read)
        resources.update_resource(room, {"name": "Suite"}, by=None, now=now)
        return found

    monkeypatch.setattr(places, "_read", read_and_be_overtaken)
    assert places.place_in_words(room).startswith("Room 204")
    assert places.place_in_words(room).startswith("Suite")


def test_other_changes_forget_nothing(room: Resource, now: datetime) -> None:
    places.place_in_words(room)
    resources.update_resource(room, {"status": "degraded"}, by=None, now=now)
    assert _asked(room)[1] == 0


def test_another_organisation_does_not_read_them(room: Resource, stranger: Organization) -> None:
    places.place_in_words(room)
    with tenant_scope(stranger.pk):
        assert places._names({room.pk}) == {}


def test_an_hour(room: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[float] = []
    backend = type(cache._connections["default"])  # type: ignore[attr-defined]

    def remember(self: Any, values: Any, timeout: float | None = None, **more: Any) -> Any:
        kept.append(timeout or 0)
        return []

    monkeypatch.setattr(backend, "set_many", remember)
    places.place_in_words(room)
    assert kept == [3600]


def test_without_a_shared_cache_they_are_read_each_time(room: Resource, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "own"}
    }
    assert [_asked(room)[1], _asked(room)[1]] == [1, 1]
