"""Incoming events from the buses, in a process of their own."""

from core.lanes import Group
from core.management.lane_command import LaneCommand


class Command(LaneCommand):
    """Runs until TERM or INT. Any number may run: each message goes to one of them."""

    help = "Take events from RabbitMQ and Redis streams, until stopped."
    groups = (Group.CONSUME,)
    ready = "Events are taken in."
    stopped = "No more events are taken in."
