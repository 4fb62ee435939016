"""Everything periodic and queued, in one process, without Redis."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from core.services import background

PAUSE_SECONDS = 0.5
PAUSE_AFTER_FAILURE_SECONDS = 5.0
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until TERM or INT; the round under way is finished first.

    Any number may run: they share the work. A database that does not answer is waited for.
    """

    help = "Run the daily checks, deliver messages and hand out events until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            background.work(timezone.now)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        logger.info("The worker runs.")
        while not stop.is_set():
            stop.wait(_round())
        logger.info("The worker has stopped.")


def _round() -> float:
    """One round of work; how long to pause afterwards, in seconds."""
    try:
        close_old_connections()
        return 0.0 if background.work(timezone.now) else PAUSE_SECONDS
    except (OperationalError, InterfaceError):
        logger.exception("The database did not answer; trying again.")
        return PAUSE_AFTER_FAILURE_SECONDS
