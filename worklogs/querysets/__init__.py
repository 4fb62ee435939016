"""Named queries over work."""

from worklogs.querysets.logs import LogChainQuerySet, LogQuerySet
from worklogs.querysets.orders import (
    FollowerQuerySet,
    LaborEntryQuerySet,
    LinkQuerySet,
    OfOrderQuerySet,
    WorkOrderQuerySet,
)
from worklogs.querysets.service_levels import (
    EscalationQuerySet,
    ExcuseQuerySet,
    SlaPolicyQuerySet,
    ViolationQuerySet,
)

__all__ = [
    "EscalationQuerySet",
    "ExcuseQuerySet",
    "FollowerQuerySet",
    "LaborEntryQuerySet",
    "LinkQuerySet",
    "LogChainQuerySet",
    "LogQuerySet",
    "OfOrderQuerySet",
    "SlaPolicyQuerySet",
    "ViolationQuerySet",
    "WorkOrderQuerySet",
]
