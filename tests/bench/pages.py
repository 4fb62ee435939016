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

_DEEP = 200
#: Whole rows have up to 60 fields; twelve are what the targets and their comparisons are about.
_TWELVE = {
    "schedules": "id,title,maintenance_type,priority,resource,resource_name,assigned_to,start_at,next_due_at,is_active,"
    "created_at,updated_at",
    "resources": "id,code,name,type,kind,parent,owner,status,criticality,external_id,created_at,updated_at",
    "logs": "id,sequence,schedule,resource,performed_by,performed_at,duration_minutes,notes,issues_found,work_order,"
    "recorded_by,recorded_at",
    "notifications": "id,kind,priority,title,message,object_type,object_id,action_url,read_at,acknowledged_at,"
    "expires_at,created_at",
    "bookings": "id,resource,source,reference,starts_at,ends_at,status,people,guest_id,source_at,created_at,updated_at",
    "windows": "id,resource,title,kind,effect,status,starts_at,ends_at,assigned_to,created_by,created_at,updated_at",
    "work-orders": "id,number,title,status,priority,kind,resource,assigned_to,due_at,reported_at,created_at,updated_at",
}
_LISTS = tuple(name for name in _TWELVE if name != "work-orders")


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
    """The first page and a deep one of 50 rows, and the same rows by the driver alone, in turns; each also with twelve
    fields of every row.
    """
    first, few = (
        f"/api/v1/{name}?page_size=50",
        f"/api/v1/{name}?page_size=50&fields={_TWELVE[name]}",
    )
    deep = _deep(site, first)
    found: dict[str, Any] = alternately(
        {
            "yardstick": yardstick.read,
            "limit_driver_and_orjson": _limit(site, first),
            "first_page": _asking(site, first),
            "deep_page": _asking(site, deep),
            "limit_of_twelve_fields": _limit(site, few),
            "twelve_fields": _asking(site, few),
            "twelve_fields_deep": _asking(site, _deep(site, few)),
        },
        count=20,
    )

    def times(page: str, limit: str) -> float:
        return round(float(found[page]["cpu_ms"] / found[limit]["cpu_ms"]), 1)

    return {
        **found,
        "times_limit": times("first_page", "limit_driver_and_orjson"),
        "times_limit_of_twelve_fields": times("twelve_fields", "limit_of_twelve_fields"),
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
