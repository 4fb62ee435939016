"""What is maintained, by which rule, and what is due."""

from scheduling.models.asking import Inquiry, InquiryAnswer, WindowNotice
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
    "Inquiry",
    "InquiryAnswer",
    "Occurrence",
    "Resource",
    "ResourceEntrustment",
    "ResourceType",
    "Schedule",
    "ScheduleException",
    "Window",
    "WindowBlock",
    "WindowNotice",
    "WindowOverride",
    "WindowSeries",
]
