"""One database, one size: fills it and measures; prints one line of JSON."""

import json
import os
import sys
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
os.environ["API_RATE_USER"] = os.environ["API_RATE_TENANT"] = "1000000/min"
django.setup()

from django.core.management import call_command  # noqa: E402

from integrations.services import benchmark  # noqa: E402
from tests.bench import assigning, due_check, events, orders, pages, plan, use  # noqa: E402
from tests.bench.meter import Meter  # noqa: E402


def main(size: int, now: datetime) -> dict[str, object]:
    call_command("migrate", verbosity=0)
    with Meter() as loading:
        organization = benchmark.load(schedules=size, due_percent=10, now=now)
    figures: dict[str, object] = {"load_seconds": loading.wall_seconds}
    figures["due_check"] = due_check.measure(organization, now)
    figures["pages"] = pages.measure(organization, now, size=size)
    figures["use"] = use.measure(organization, now, bookings=min(10 * size, 1_000_000))
    figures["plan"] = plan.measure(organization, now)
    figures["orders"] = orders.measure(organization, now, size=min(10 * size, 1_000_000))
    figures["assigning"] = assigning.measure(organization, now)
    if "BENCH_RABBITMQ_URL" in os.environ:
        figures["events"] = events.measure(organization, now)
    return figures


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))))
