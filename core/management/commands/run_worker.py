"""Everything periodic and queued, in one process, without Redis."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone

from core.services import background

PAUSE_SECONDS = 0.5
LONG_PAUSE_SECONDS = 2.0
PAUSE_AFTER_FAILURE_SECONDS = 5.0
logger = logging.getLogger(__name__)
Work = Callable[[Callable[[], datetime]], int]


class Command(BaseCommand):
    """Runs until TERM or INT; the round under way is finished first.

    Long work, such as imports, goes on in a thread of its own, so that checks and mails do not wait for it.
    Any number may run: they share the work. A database that does not answer is waited for.
    """

    help = "Run the daily checks, deliver messages and hand out events until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            background.work(timezone.now)
            background.long_work(timezone.now)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        logger.info("The worker runs.")
        with ThreadPoolExecutor(1, "long") as executor:
            long_loop = executor.submit(_long_loop, stop)
            _loop(background.work, stop, PAUSE_SECONDS)
        long_loop.result()
        logger.info("The worker has stopped.")


def _loop(work: Work, stop: threading.Event, pause: float) -> None:
    """Rounds until `stop`; a fault ends the whole worker, so that whoever watches it starts it anew."""
    try:
        while not stop.is_set():
            stop.wait(_round(work, pause))
    finally:
        stop.set()


def _long_loop(stop: threading.Event) -> None:
    try:
        _loop(background.long_work, stop, LONG_PAUSE_SECONDS)
    finally:
        connections.close_all()  # this thread's own


def _round(work: Work, pause: float) -> float:
    """One round of work; how long to pause afterwards, in seconds."""
    try:
        close_old_connections()
        return 0.0 if work(timezone.now) else pause
    except (OperationalError, InterfaceError):
        logger.exception("The database did not answer; trying again.")
        return PAUSE_AFTER_FAILURE_SECONDS
