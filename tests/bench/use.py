"""Conflict checks among many bookings, also while somebody types, and a window from the click to the row."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.services import benchmark_use
from scheduling.models import Booking, Resource, Window
from scheduling.services import conflicts, windows
from scheduling.services.conflicts import Taking
from tests.bench import yardstick
from tests.bench.meter import Meter, alternately

_SET = 1000


def measure(organization: Organization, now: datetime, *, bookings: int) -> dict[str, Any]:
    """Milliseconds of a check, of a thousand in one question, of the form's answer, of a window end to end."""
    with tenant_scope(organization.pk):
        with Meter() as loading:
            benchmark_use.load(bookings=bookings, now=now)
        chief = User.objects.get(email="benchmark-admin@example.org")
        machines = list(Resource.objects.filter(kind="equipment").order_by("id")[:_SET])
        days = count(1)

        def one() -> object:
            start = now + timedelta(days=next(days) % 150)
            machine = machines[next(days) % len(machines)]
            end = start + timedelta(days=3)
            return conflicts.against_window(machine, start, end, effect=Window.Effect.OUT_OF_ORDER)

        def many() -> object:
            return conflicts.booked_counts(
                Taking(machine.pk, machine.path, "out_of_order", now, now + timedelta(days=30))
                for machine in machines
            )

        def create() -> object:
            number = next(days)
            start = now.replace(hour=12, minute=0) + timedelta(days=190 + number)
            window = Window(
                resource=machines[number % len(machines)],
                title="Measured",
                starts_at=start,
                ends_at=start + timedelta(hours=2),
            )
            return windows.create_window(window, by=chief, now=now)

        browser = Client(SERVER_NAME="localhost")
        browser.force_login(chief)

        def typed() -> object:
            day = now + timedelta(days=next(days) % 150)
            answer = browser.post(
                reverse("admin:window_check"),
                {
                    "resource": str(machines[day.day].pk),
                    "title": "Measured",
                    **{"kind": "planned", "effect": "out_of_order"},
                    **{"starts_at_0": f"{day:%Y-%m-%d}", "starts_at_1": "08:00"},
                    **{"ends_at_0": f"{day + timedelta(days=3):%Y-%m-%d}", "ends_at_1": "17:00"},
                    **{"setup_minutes": "0", "cleanup_minutes": "0"},
                },
            )
            if answer.status_code != 200 or b"check-box" not in answer.content:
                raise RuntimeError(f"{answer.status_code} {answer.content[:300]!r}")
            return answer

        return {
            "bookings": Booking.objects.count(),
            "load_seconds": loading.wall_seconds,
            **alternately(
                {
                    "yardstick": yardstick.read,
                    "one_check": one,
                    "thousand_checks": many,
                    "window_created": create,
                    "checked_while_typing": typed,
                },
                count=10,
            ),
        }
