"""Commands that run background lanes until they are told to stop."""

import logging
import signal
import threading
from typing import Any, ClassVar

from django.core.management.base import BaseCommand
from django.utils import timezone

from core import lanes
from core.lanes import Group

logger = logging.getLogger(__name__)


class LaneCommand(BaseCommand):
    """Runs the lanes of `groups` until TERM or INT; the rounds under way are finished first."""

    groups: ClassVar[tuple[Group, ...]]
    ready: ClassVar[str]
    stopped: ClassVar[str]

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        logger.info(self.ready)
        lanes.run(lanes.of_groups(self.groups), timezone.now, stop)
        logger.info(self.stopped)
