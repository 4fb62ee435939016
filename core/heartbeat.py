"""Leases of work that may take long: renewed while the process lives, so that its death is noticed soon."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connections

logger = logging.getLogger(__name__)


@contextmanager
def heartbeat(beat: Callable[[], object], *, every: timedelta) -> Iterator[None]:
    """Call `beat` again and again beside the work, on a connection of its own and outside its transaction.

    `beat` has no tenant scope. A database that is busy or away is tried again at the next beat.
    """
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.wait(every.total_seconds()):
                try:
                    beat()
                except (OperationalError, InterfaceError) as error:
                    logger.info("A lease could not be renewed, which is tried again: %s", error)
                    connections.close_all()  # this thread's own
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
