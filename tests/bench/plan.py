"""Windows and bookings in calendar and timeline, by the API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db import connection

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.services.benchmark import HALL
from scheduling.models import Booking, Resource
from tests.bench import yardstick
from tests.bench.meter import alternately
from tests.bench.site import Site

_ROWS = 500
_EVENTS = 2_000


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """Milliseconds of processor time, server and database together; after `use` has filled in the bookings."""
    if connection.vendor == "postgresql":  # as its autovacuum does; nobody does it on SQLite
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with tenant_scope(organization.pk):
        site = Site(User.objects.get(email="benchmark-admin@example.org"))
        hall = Resource.objects.get(code=HALL)
        period = {"start": now.isoformat(), "end": _end(now, hall).isoformat()}
    month = {"start": now.isoformat(), "end": (now + timedelta(days=30)).isoformat()}
    calendar = {**period, "layers": "windows,bookings", "resource": str(hall.pk)}
    addresses = {
        "calendar": f"/api/v1/calendar?{urlencode(calendar)}",
        "timeline": f"/api/v1/timeline?{urlencode({**month, 'limit': _ROWS})}",
        "timeline_screen": f"/api/v1/timeline?{urlencode({**month, 'limit': 50})}",
    }
    asked: dict[str, Callable[[], object]] = {
        name: partial(site.get, address) for name, address in addresses.items()
    }
    found = alternately({"yardstick": yardstick.read, **asked}, count=10)
    rows = orjson.loads(site.get(addresses["timeline"])[0])["resources"]
    return {
        "calendar_events": len(orjson.loads(site.get(addresses["calendar"])[0])),
        "timeline_rows": len(rows),
        "timeline_bars": sum(
            len(row[name]) for row in rows for name in ("windows", "bookings", "due")
        ),
        **found,
    }


def _end(now: datetime, hall: Resource) -> datetime:
    """When about as many bookings of the hall have begun as a busy month has."""
    coming = Booking.objects.filter(resource__path__startswith=hall.path, starts_at__gte=now)
    starts = coming.order_by("starts_at").values_list("starts_at", flat=True)
    last: datetime = list(starts[: _EVENTS - 200])[-1]
    return min(last, now + timedelta(days=395))
