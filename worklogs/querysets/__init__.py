"""Named queries over work."""

from worklogs.querysets.checklists import ChecklistAnswerQuerySet, ChecklistQuerySet
from worklogs.querysets.housekeeping import BookingTaskQuerySet, CleaningPlanQuerySet
from worklogs.querysets.logs import LogChainQuerySet, LogQuerySet
from worklogs.querysets.orders import (
    FollowerQuerySet,
    HomePlaceQuerySet,
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
from worklogs.querysets.vendors import VendorQuerySet

__all__ = [
    "BookingTaskQuerySet",
    "ChecklistAnswerQuerySet",
    "ChecklistQuerySet",
    "CleaningPlanQuerySet",
    "EscalationQuerySet",
    "ExcuseQuerySet",
    "FollowerQuerySet",
    "HomePlaceQuerySet",
    "LaborEntryQuerySet",
    "LinkQuerySet",
    "LogChainQuerySet",
    "LogQuerySet",
    "OfOrderQuerySet",
    "SlaPolicyQuerySet",
    "VendorQuerySet",
    "ViolationQuerySet",
    "WorkOrderQuerySet",
]
