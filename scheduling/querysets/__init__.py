"""Every named query of scheduling."""

from scheduling.querysets.upkeep import (
    DueCheckRunQuerySet,
    DueStateQuerySet,
    OccurrenceQuerySet,
    ResourceQuerySet,
    ScheduleQuerySet,
    below_entrusted,
)
from scheduling.querysets.use import BookingQuerySet, WindowBlockQuerySet, WindowQuerySet

__all__ = [
    "BookingQuerySet",
    "DueCheckRunQuerySet",
    "DueStateQuerySet",
    "OccurrenceQuerySet",
    "ResourceQuerySet",
    "ScheduleQuerySet",
    "WindowBlockQuerySet",
    "WindowQuerySet",
    "below_entrusted",
]
