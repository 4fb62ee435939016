"""Everything periodic and queued, in one process, without Redis."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from core.lanes import Group
from core.management.lane_command import LaneCommand
from core.services import background


class Command(LaneCommand):
    """Runs until TERM or INT; the rounds under way are finished first.

    Long work, such as imports, what leaves and what comes in go on in threads of their own, so that checks and mails do
    not wait for them. Any number may run: they share the work. A database that does not answer is waited for.
    """

    help = "Run the daily checks, deliver messages and hand out events until stopped."
    groups = tuple(Group)
    ready = "The worker runs."
    stopped = "The worker has stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            background.work(timezone.now)
            background.long_work(timezone.now)
            return
        super().handle(*args, **options)
