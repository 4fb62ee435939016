"""Fill an empty installation with a believable organisation."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Organization
from integrations.services.demo import load


class Command(BaseCommand):
    """Safe to repeat: does nothing when the demo is there."""

    help = "Load the demo organisations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there is any organisation"
        )
        parser.add_argument(
            "--force", action="store_true", help="also in a production installation"
        )
        parser.add_argument(
            "--now", type=datetime.fromisoformat, help="the demo's present (ISO 8601), default now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION and not options["force"]:
            raise CommandError(
                "This is a production installation; its demo accounts have a known password."
                " To load the demo all the same, add --force and set DEMO_PASSWORD."
            )
        if load.is_loaded():
            self.stdout.write("The demo is there already.")
        elif options["if_empty"] and Organization.objects.exists():
            self.stdout.write("There are organisations already; the demo was not loaded.")
        else:
            now = options["now"] or timezone.now()
            now = now if now.tzinfo else now.replace(tzinfo=UTC)
            organization = load.load(now=now)
            self.stdout.write(f"Loaded the demo: {organization}.")
