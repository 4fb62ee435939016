"""Hot lists by API beside the limit, lists in the console, and the calendar month."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db import connection

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.services.benchmark import HALL
from scheduling.models import Resource
from tests.bench import rows, yardstick
from tests.bench.meter import alternately
from tests.bench.site import Site

_LISTS = ("schedules", "resources", "logs", "notifications", "bookings", "windows")
_DEEP = 200


def measure(organization: Organization, now: datetime, *, size: int) -> dict[str, Any]:
    """Milliseconds per request, processor time of server and database together; bytes of the answers."""
    with tenant_scope(organization.pk):
        reader = User.objects.get(email="benchmark-admin@example.org")
        rows.fill(reader, size=size, now=now)
        hall = Resource.objects.get(code=HALL).pk
    if connection.vendor == "postgresql":  # as its autovacuum does; nobody does it on SQLite
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    site = Site(reader)
    figures: dict[str, Any] = {f"api_{name}": api_list(site, name) for name in _LISTS}
    pages = {"console_list": "/admin/scheduling/schedule/", "dashboard": "/admin/"}
    figures |= alternately({name: _asking(site, path) for name, path in pages.items()}, count=10)
    figures["calendar"] = _calendar(site, now, hall)
    return figures


def api_list(site: Site, name: str) -> dict[str, Any]:
    """The first page and a deep one of 50 rows, and the same rows by the driver alone, in turns."""
    first = f"/api/v1/{name}?page_size=50"
    deep = _deep(site, first)
    found: dict[str, Any] = alternately(
        {
            "yardstick": yardstick.read,
            "limit_driver_and_orjson": _limit(site, first),
            "first_page": _asking(site, first),
            "deep_page": _asking(site, deep),
        },
        count=20,
    )
    least = found["limit_driver_and_orjson"]["cpu_ms"]
    return {
        **found,
        "times_limit": round(found["first_page"]["cpu_ms"] / least, 1),
        "bytes": len(site.get(first)[0]),
    }


def _limit(site: Site, address: str) -> Callable[[], bytes]:
    """What nobody can undercut: the statement that the list itself asks, by the driver alone, and orjson."""
    asked: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    connection.close()
    with connection.execute_wrapper(remember):
        site.get(address)
    sql, parameters = next(one for one in asked if one[0].endswith("LIMIT %s"))
    if connection.vendor == "sqlite":
        sql = sql.replace("%s", "?")
    return lambda: yardstick.answered(yardstick.driver().execute(sql, parameters))


def _asking(site: Site, address: str, **headers: str) -> Callable[[], object]:
    return lambda: site.get(address, **headers)


def _deep(site: Site, address: str) -> str:
    """The address of the 200th page, or of the last one."""
    for _ in range(_DEEP - 1):
        following = orjson.loads(site.get(address)[0])["next"]
        if following is None:
            return address
        address = following
    return address


def _calendar(site: Site, now: datetime, hall: object) -> dict[str, Any]:
    """A month of one hall: about as many events however large the organisation is."""
    month = {"start": now.isoformat(), "end": (now + timedelta(days=31)).isoformat()}
    address = (
        f"/api/v1/calendar?{urlencode({**month, 'resource': hall, 'layers': 'due,completed'})}"
    )
    gzip = {"HTTP_ACCEPT_ENCODING": "gzip"}
    plain, packed = site.get(address), site.get(address, **gzip)
    return {
        "events": len(orjson.loads(plain[0])),
        "bytes": len(plain[0]),
        "bytes_compressed": len(packed[0]),
        **alternately(
            {
                "yardstick": yardstick.read,
                "month": _asking(site, address),
                "month_compressed": _asking(site, address, **gzip),
            },
            count=10,
        ),
    }
