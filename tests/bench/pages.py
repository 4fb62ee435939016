"""Hot lists by API and in the console, and the calendar month."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from tests.bench.meter import per_call

_LIMIT_SQL = """
    SELECT id, title, resource_id, maintenance_type, priority, frequency, basis, start_at, next_due_at, overdue_at,
           assigned_to_id, is_active
    FROM scheduling_schedule WHERE organization_id = %s AND deleted_at IS NULL
    ORDER BY next_due_at, id LIMIT 50
"""


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """Milliseconds per request, processor time of server and database together."""
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(User.objects.get(email="benchmark-admin@example.org"))
    month = {"start": now.isoformat(), "end": (now + timedelta(days=31)).isoformat()}
    figures: dict[str, Any] = {
        "limit_raw_sql_and_orjson": per_call(lambda: _limit(organization), count=50),
        "api_list_first_page": _page(client, "/api/v1/schedules?page_size=50", 50),
        "api_list_deep_page": _page(client, _deep(client), 50),
        "console_list": _page(client, "/admin/scheduling/schedule/", 10),
        "dashboard": _page(client, "/admin/", 10),
        "calendar_month": _page(client, f"/api/v1/calendar?{urlencode(month)}", 10),
    }
    events = client.get(f"/api/v1/calendar?{urlencode(month)}")
    figures["calendar_events"] = len(orjson.loads(events.content))
    limit = figures["limit_raw_sql_and_orjson"]["cpu_ms"]
    figures["api_list_times_limit"] = round(
        figures["api_list_first_page"]["cpu_ms"] / max(limit, 0.01), 1
    )
    return figures


def _limit(organization: Organization) -> bytes:
    key = organization.pk if connection.vendor == "postgresql" else organization.pk.hex
    with connection.cursor() as cursor:
        cursor.execute(_LIMIT_SQL, [key])
        names = [column[0] for column in cursor.description]
        return orjson.dumps(
            [dict(zip(names, row, strict=True)) for row in cursor.fetchall()], default=str
        )


def _page(client: Client, url: str, count: int) -> dict[str, float]:
    response = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{url}: {response.status_code} {response.content[:300]!r}")
    return per_call(lambda: client.get(url), count=count)


def _deep(client: Client) -> str:
    """The address of the 200th page."""
    url = "/api/v1/schedules?page_size=50"
    for _ in range(200):
        url = orjson.loads(client.get(url).content)["next"] or url
    return url
