"""What is maintained, by which rule, and what is due."""

from scheduling.models.due import DueCheckRun, DueState, Occurrence
from scheduling.models.resource import Resource, ResourceEntrustment, ResourceType
from scheduling.models.schedule import Schedule, ScheduleException

__all__ = [
    "DueCheckRun",
    "DueState",
    "Occurrence",
    "Resource",
    "ResourceEntrustment",
    "ResourceType",
    "Schedule",
    "ScheduleException",
]
