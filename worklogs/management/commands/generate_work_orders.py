"""Work orders on request, for one organisation or all."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.tenancy import tenant_scope
from scheduling.management.commands.check_due import moment, organizations
from worklogs.services import generation


class Command(BaseCommand):
    help = "Makes the work orders of every date that is open; prints how many as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")
        parser.add_argument(
            "--now", metavar="ISO", help="as of this moment, such as 2026-03-04T06:00Z"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        made = {}
        for organization in organizations(options["organization"]):
            with tenant_scope(organization.pk):
                cancelled = generation.cancel_closed(now=now)
                made[organization.slug] = {
                    "generated": generation.generate(now=now),
                    "cancelled": cancelled,
                }
        self.stdout.write(json.dumps(made, indent=2))
