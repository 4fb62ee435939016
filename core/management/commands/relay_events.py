"""Hand waiting events to their handlers, once."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core import outbox


class Command(BaseCommand):
    """For operators: drains the outbox without a worker."""

    help = "Hand every waiting event to its handlers and print how many there were."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while taken := outbox.relay(timezone.now()):
            total += taken
        self.stdout.write(f"{total} events")
