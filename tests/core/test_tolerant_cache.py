"""The site goes on while Redis does not answer."""

from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache

from accounts.models import User
from core import counter
from core.tolerant_cache import TolerantRedisCache
from maintenance_site import services
from tests.api import Client


@pytest.fixture
def without_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is named, and nobody listens there."""
    monkeypatch.setattr(TolerantRedisCache, "away_until", 0.0)
    (port,) = services.free_ports(1)
    settings.CACHES = {
        "default": {
            "BACKEND": "core.tolerant_cache.TolerantRedisCache",
            "LOCATION": f"redis://127.0.0.1:{port}/0",
        }
    }


@pytest.mark.usefixtures("without_redis")
def test_requests_are_answered_and_counted(admin: User, settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {
            **site_settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"],
            "user": "2/min",
        },
    }
    client = Client(admin)
    assert [client.get("notifications").status_code for _ in range(3)] == [200, 200, 429]
    assert not cache._connections["default"].is_shared  # type: ignore[attr-defined]


@pytest.mark.usefixtures("without_redis")
def test_everything_that_a_cache_does(db: None) -> None:
    assert [counter.count("doors", timeout=60) for _ in range(3)] == [1, 2, 3]
    cache.set("a", 1, timeout=60)
    cache.set_many({"b": 2, "c": 3})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2, "c": 3}
    assert not cache.add("a", 5)
    assert cache.touch("a", 60)
    cache.delete("a")
    cache.delete_many(["b"])
    assert [cache.has_key(name) for name in ("a", "b", "c")] == [False, False, True]
    assert cache.get("a", "nothing") == "nothing"
    cache.clear()
    assert cache.get("c") is None


@pytest.mark.usefixtures("without_redis")
def test_redis_is_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.tolerant_cache.RedisCache.get", lambda *args, **kwargs: "shared")
    cache.set("x", "own")
    assert cache.get("x") == "own"
    monkeypatch.setattr(TolerantRedisCache, "away_until", 0.0)
    assert cache.get("x") == "shared"
