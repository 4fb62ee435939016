"""What is maintained, by which rule, and what is due."""

from scheduling.models.booking import Booking
from scheduling.models.due import DueCheckRun, DueState, Occurrence
from scheduling.models.resource import Resource, ResourceEntrustment, ResourceType
from scheduling.models.schedule import Schedule, ScheduleException
from scheduling.models.window import (
    Window,
    WindowBlock,
    WindowOverride,
    WindowSeries,
)

__all__ = [
    "Booking",
    "DueCheckRun",
    "DueState",
    "Occurrence",
    "Resource",
    "ResourceEntrustment",
    "ResourceType",
    "Schedule",
    "ScheduleException",
    "Window",
    "WindowBlock",
    "WindowOverride",
    "WindowSeries",
]
