"""Proves or restores the stored due dates."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.services.rebuild import Difference, rebuild

_MOST_SHOWN = 50


class Command(BaseCommand):
    help = "Recomputes every due date from definitions and logs, and mends what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only report; ends with 1 when anything differs"
        )
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Organization.objects.order_by("slug")
        if slug := options["organization"]:
            chosen = chosen.filter(slug=slug)
            if not chosen:
                raise CommandError(f"There is no organisation “{slug}”.")
        found = sum(self._rebuild(row, write=not options["check"]) for row in chosen)
        if found == 0:
            self.stdout.write("Every stored due date equals the recomputed one.")
        elif options["check"]:
            raise CommandError(f"{found} differences. Run without --check to mend them.")
        else:
            self.stdout.write(f"{found} differences mended.")

    def _rebuild(self, organization: Organization, *, write: bool) -> int:
        count = 0
        with tenant_scope(organization.pk):
            for difference in rebuild(now=timezone.now(), write=write):
                count += 1
                if count <= _MOST_SHOWN:
                    self.stdout.write(_sentence(organization, difference))
        return count


def _sentence(organization: Organization, difference: Difference) -> str:
    return (
        f"{organization.slug}: {difference.label}: {difference.field} is {difference.stored!s}, "
        f"recomputed {difference.computed!s}"
    )
