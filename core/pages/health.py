"""Whether this node lives and can serve, for load balancers and orchestrators."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.models import SweepState

#: A worker does a round every few seconds; after this long without one, nobody is told anything.
WORKER_SILENCE = timedelta(minutes=10)
logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else, so that a database outage does not restart every node."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """This node can serve: the database answers with every migration applied, and the cache works."""
    checks = {
        "database": _check(_database),
        "migrations": _check(_migrations),
        "cache": _check(_cache),
    }
    return _answer(checks)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """What `ready` asks, and whether a worker does its rounds."""
    checks = {
        "database": _check(_database),
        "migrations": _check(_migrations),
        "cache": _check(_cache),
        "worker": _check(_worker),
    }
    return _answer(checks)


def _answer(checks: dict[str, str]) -> JsonResponse:
    healthy = all(result == "ok" for result in checks.values())
    status = 200 if healthy else 503
    return JsonResponse({"status": "ok" if healthy else "failing", "checks": checks}, status=status)


def _check(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, OSError) as error:
        logger.warning("Health check failed: %s", error)
        return type(error).__name__


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _cache() -> str:
    cache.set("health", "ok", timeout=10)
    return str(cache.get("health", "lost"))


def _worker() -> str:
    last = SweepState.objects.order_by("-last_started_at").values_list("last_started_at", flat=True)
    latest = next((moment for moment in last[:1]), None)
    if latest is None and not settings.PRODUCTION:
        return "ok"
    return "ok" if latest and timezone.now() - latest < WORKER_SILENCE else "no round lately"
