"""Publication and the outlets, in a process of their own."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import timezone

from core import lanes, outbox
from core.lanes import Group
from core.management.lane_command import LaneCommand


class Command(LaneCommand):
    """Runs until TERM or INT. Any number may run: each outlet is served by one of them at a time."""

    help = "Publish events, and carry them to RabbitMQ, Redis, sockets and webhooks, until stopped."
    groups = (Group.RELAY,)
    ready = "The relay runs."
    stopped = "The relay has stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="hand on what waits, to handlers too, then stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["once"]:
            super().handle(*args, **options)
            return
        handled = _drained(lambda: outbox.relay(timezone.now()))
        works = [one.work for one in lanes.of_groups(self.groups)]
        sent = sum(_drained(partial(work, timezone.now)) for work in works)
        self.stdout.write(f"{handled} events handled, {sent} steps outside")


def _drained(work: Callable[[], int]) -> int:
    total = 0
    while done := work():
        total += done
    return total
