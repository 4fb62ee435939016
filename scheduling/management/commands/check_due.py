"""The due check on request, for one organisation or all."""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Organization
from core import outbox
from core.tenancy import tenant_scope
from scheduling.models import DueCheckRun
from scheduling.services.due_check import check_now, figures

_YEARS = range(1970, 2200)


class Command(BaseCommand):
    help = "Finds everything that is due and tells people; prints the figures of each run as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")
        parser.add_argument(
            "--now", metavar="ISO", help="as of this moment, such as 2026-03-04T06:00Z"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = moment(options["now"])
        runs = []
        for organization in organizations(options["organization"]):
            with tenant_scope(organization.pk):
                run = check_now(organization=organization, by=None, now=now)
            while outbox.relay(now, organization_id=organization.pk):
                pass
            with tenant_scope(organization.pk):
                run = DueCheckRun.objects.get(pk=run.pk)
            runs.append({"organization": organization.slug, **figures(run)})
        self.stdout.write(json.dumps(runs[0] if options["organization"] else runs, indent=2))


def moment(text: str | None) -> datetime:
    """The moment that a person gave, in UTC when without an offset; now when none."""
    if not text:
        return timezone.now()
    try:
        parsed = parse_datetime(text)
    except ValueError:
        parsed = None
    if parsed is None:
        raise CommandError(f"“{text}” is not a moment. Write 2026-03-04T06:00Z.")
    if parsed.year not in _YEARS:
        raise CommandError(f"Choose a year from {_YEARS[0]} to {_YEARS[-1]}.")
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


def organizations(slug: str | None) -> list[Organization]:
    """The organisation with `slug`, or every one with scheduling switched on."""
    if not slug:
        return list(
            Organization.objects.filter(maintenance_scheduling_enabled=True).order_by("slug")
        )
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organisation “{slug}”.")
    if not found.maintenance_scheduling_enabled:
        raise CommandError(f"Maintenance scheduling is not enabled for “{slug}”.")
    return [found]
