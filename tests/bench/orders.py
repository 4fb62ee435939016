"""Work orders: from the dates that came due, then lists, board, search and pages among very many."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.urls import reverse

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.services import benchmark_orders
from tests.bench import pages, yardstick
from tests.bench.meter import Meter, alternately, per_call
from tests.bench.site import Site
from worklogs.models import WorkOrder
from worklogs.services import generation


def measure(organization: Organization, now: datetime, *, size: int) -> dict[str, Any]:
    """Generation from what the due check left, then milliseconds per request with `size` more orders."""
    with tenant_scope(organization.pk):
        with Meter() as generating:
            made = generation.generate(now=now)
        idle = per_call(lambda: generation.generate(now=now), count=5)
        with Meter() as loading:
            benchmark_orders.load(orders=size, now=now)
        reader = User.objects.get(email="benchmark-admin@example.org")
        newest = WorkOrder.objects.order_by("-created_at", "-pk")[0]
        counts = {"orders": WorkOrder.objects.count(), "open": WorkOrder.objects.open().count()}
    if connection.vendor == "postgresql":  # as its autovacuum does; nobody does it on SQLite
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    site = Site(reader)
    orders = reverse("admin:worklogs_workorder_changelist")
    year_ago = (now - timedelta(days=364)).date()
    addresses = {
        "console_list": orders,
        "console_list_all": f"{orders}?standing=all",
        "console_search": f"{orders}?q=door+closer",
        "console_search_all": f"{orders}?q=door+closer&standing=all",
        "console_search_nothing": f"{orders}?q=unheard",
        "console_search_said": f"{orders}?q=greased",
        "console_search_said_all": f"{orders}?q=greased&standing=all",
        "console_search_said_rarely_all": f"{orders}?q=gasket&standing=all",
        "console_search_said_long_ago": f"{orders}?q=halogen",
        "console_search_said_long_ago_all": f"{orders}?q=halogen&standing=all",
        "console_search_said_much_long_ago": f"{orders}?q=calcium",
        "console_search_said_much_long_ago_all": f"{orders}?q=calcium&standing=all",
        "console_filters_all": f"{orders}?standing=all&priority__exact=high&category__exact=hvac&kind__exact=other",
        "console_too_long_to_sort": f"{orders}?standing=all&o=2",
        "console_search_place": f"{orders}?q=machine+77",
        "console_overdue": f"{orders}?standing=overdue",
        "console_number": f"{orders}?q=%23{newest.number}&standing=all",
        "board": reverse("admin:work_order_board"),
        "board_search": f"{reverse('admin:work_order_board')}?q=door+closer",
        "board_search_place": f"{reverse('admin:work_order_board')}?q=machine+77",
        "detail": reverse("admin:work_order_detail", args=[newest.pk]),
        "triage": reverse("admin:triage"),
        "workload": reverse("admin:workload"),
        "service_levels": reverse("admin:sla"),
        "work_report": reverse("admin:work_report"),
        "work_report_year": f"{reverse('admin:work_report')}?first={year_ago}&last={now.date()}",
        "api_detail": f"/api/v1/work-orders/{newest.pk}",
        "api_open": "/api/v1/work-orders?page_size=50&open=true",
        "api_overdue": "/api/v1/work-orders?page_size=50&is_overdue=true",
        "api_rejected": "/api/v1/work-orders?page_size=50&status=rejected",
        "api_search": "/api/v1/work-orders?page_size=50&search=door+closer",
        "api_search_nothing": "/api/v1/work-orders?page_size=50&search=unheard",
        "api_search_number": f"/api/v1/work-orders?page_size=50&search=closer+{newest.number}",
    }
    asked: dict[str, Callable[[], object]] = {
        name: partial(site.get, address) for name, address in addresses.items()
    }
    return {
        "generated": made,
        "generation": generating.figures(),
        "nothing_to_generate": idle,
        "load_seconds": loading.wall_seconds,
        **counts,
        "api_work_orders": pages.api_list(site, "work-orders"),
        **alternately({"yardstick": yardstick.read, **asked}, count=3, rounds=3),
    }
