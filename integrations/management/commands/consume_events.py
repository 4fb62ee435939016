"""Incoming events from the buses, in a process of their own."""

from typing import Any

from django.core.management.base import CommandError

from core import lanes
from core.lanes import Group
from core.management.lane_command import LaneCommand


class Command(LaneCommand):
    """Runs until TERM or INT. Any number may run: each message goes to one of them."""

    help = "Take events from RabbitMQ and Redis streams, until stopped."
    groups = (Group.CONSUME,)
    ready = "Events are taken in."
    stopped = "No more events are taken in."

    def handle(self, *args: Any, **options: Any) -> None:
        if not lanes.of_groups(self.groups):
            raise CommandError("No bus to listen to: set RABBITMQ_URL or REDIS_URL.")
        super().handle(*args, **options)
