"""Named queries over work."""

from worklogs.querysets.logs import LogChainQuerySet, LogQuerySet
from worklogs.querysets.orders import LaborEntryQuerySet, OfOrderQuerySet, WorkOrderQuerySet

__all__ = [
    "LaborEntryQuerySet",
    "LogChainQuerySet",
    "LogQuerySet",
    "OfOrderQuerySet",
    "WorkOrderQuerySet",
]
