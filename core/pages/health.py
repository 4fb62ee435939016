"""Whether this node lives and can serve, for load balancers and orchestrators."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.models import SweepState

#: A worker does a round every few seconds; after this long without one, nobody is told anything.
WORKER_SILENCE = timedelta(minutes=10)
_ASK_DATABASE = {"migrations", "worker"}
Check = Callable[[], str]
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
    return _answer(database=_database, migrations=_migrations, cache=_cache)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """What `ready` asks, and whether a worker does its rounds."""
    return _answer(database=_database, migrations=_migrations, worker=_worker, cache=_cache)


def _answer(**checks: Check) -> JsonResponse:
    """200 when every check says ok, otherwise 503; never an error page.

    Whoever asks waits a few seconds only, so a database that does not answer is asked once.
    """
    results: dict[str, str] = {}
    for name, check in checks.items():
        lost = results.get("database", "ok") != "ok" and name in _ASK_DATABASE
        results[name] = "not asked" if lost else _result(name, check)
    healthy = set(results.values()) == {"ok"}
    status = 200 if healthy else 503
    return JsonResponse(
        {"status": "ok" if healthy else "failing", "checks": results}, status=status
    )


def _result(name: str, check: Check) -> str:
    try:
        return check()
    except Exception as error:  # whatever it is, this node cannot serve; that is the answer
        logger.warning("Health check %s failed: %s", name, error)
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
    latest = SweepState.objects.aggregate(latest=Max("last_started_at"))["latest"]
    if latest is None and not settings.PRODUCTION:
        return "ok"  # a development site just made
    return "ok" if latest and timezone.now() - latest < WORKER_SILENCE else "no round lately"
