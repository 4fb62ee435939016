"""Named queries over work."""

from worklogs.querysets.checklists import ChecklistAnswerQuerySet, ChecklistQuerySet
from worklogs.querysets.logs import LogChainQuerySet, LogQuerySet
from worklogs.querysets.orders import (
    FollowerQuerySet,
    HomePlaceQuerySet,
    LaborEntryQuerySet,
    LinkQuerySet,
    OfOrderQuerySet,
    WorkOrderQuerySet,
)

__all__ = [
    "ChecklistAnswerQuerySet",
    "ChecklistQuerySet",
    "FollowerQuerySet",
    "HomePlaceQuerySet",
    "LaborEntryQuerySet",
    "LinkQuerySet",
    "LogChainQuerySet",
    "LogQuerySet",
    "OfOrderQuerySet",
    "WorkOrderQuerySet",
]
