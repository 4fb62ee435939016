"""Fill an empty database for measurements."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import Conflict
from core.tenancy import tenant_scope
from integrations.services import benchmark, benchmark_orders, benchmark_use


class Command(BaseCommand):
    """Invented rows; refuses to touch a production installation."""

    help = "Create the benchmark organisation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--schedules", type=int, default=100_000)
        parser.add_argument("--bookings", type=int, default=0)
        parser.add_argument("--work-orders", type=int, default=0, help="one in twenty open")
        parser.add_argument("--due-percent", type=int, default=10)
        parser.add_argument(
            "--now", type=datetime.fromisoformat, help="moment around which they are due"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "This is a production installation: use another database for measurements."
            )
        now = options["now"] or timezone.now()
        try:
            organization = benchmark.load(
                schedules=options["schedules"], due_percent=options["due_percent"], now=now
            )
        except Conflict as error:
            raise CommandError(error.message) from error
        with tenant_scope(organization.pk):
            if options["bookings"]:
                benchmark_use.load(bookings=options["bookings"], now=now)
            if options["work_orders"]:
                benchmark_orders.load(orders=options["work_orders"], now=now)
        self.stdout.write(
            f"{options['schedules']} schedules, {options['bookings']} bookings,"
            f" {options['work_orders']} work orders"
        )
