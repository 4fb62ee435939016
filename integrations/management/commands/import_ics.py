"""Import the calendar of a resource: its entries become bookings."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from integrations.management.commands import import_csv
from integrations.services.imports import calendar_file, files
from integrations.services.imports.source import Inspection, Options


class Command(import_csv.Command):
    """All entries or none; `--partial` keeps the good ones, `--dry-run` writes nothing."""

    help = "Import bookings of a resource from an iCalendar file (.ics)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_common_arguments(parser)
        parser.add_argument("--resource", required=True, help="code, external id or name")
        parser.add_argument("--from", dest="since", type=date.fromisoformat, help="first day read")
        parser.add_argument(
            "--until", type=date.fromisoformat, help="day before which reading ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **{**options, "entity": files.CALENDAR})

    def _wishes(self, data: bytes, options: dict[str, Any], name: str) -> Options:
        since, until = options["since"], options["until"]
        wished = Options(
            source=options["source"],
            resource=options["resource"],
            since=since.isoformat() if since else "",
            until=until.isoformat() if until else "",
        )
        first, end = calendar_file.period(wished, options["now"] or timezone.now())
        self.stdout.write(f"From {first} to {end - timedelta(days=1)}; what lies outside stays out")
        return wished

    def _describe(self, inspection: Inspection) -> None:
        self.stdout.write(f"{inspection.rows} {'entry' if inspection.rows == 1 else 'entries'}")
