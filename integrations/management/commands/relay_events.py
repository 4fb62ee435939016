"""Publication and the outlets, in a process of their own."""

from core.lanes import Group
from core.management.lane_command import LaneCommand


class Command(LaneCommand):
    """Runs until TERM or INT. Any number may run: each outlet is served by one of them at a time."""

    help = "Publish events, and carry them to RabbitMQ, Redis, sockets and webhooks, until stopped."
    groups = (Group.RELAY,)
    ready = "The relay runs."
    stopped = "The relay has stopped."
