"""Named queries over work."""

from worklogs.querysets.checklists import ChecklistAnswerQuerySet, ChecklistQuerySet
from worklogs.querysets.logs import LogChainQuerySet, LogQuerySet
from worklogs.querysets.orders import (
    FollowerQuerySet,
    LaborEntryQuerySet,
    LinkQuerySet,
    OfOrderQuerySet,
    WorkOrderQuerySet,
)

__all__ = [
    "ChecklistAnswerQuerySet",
    "ChecklistQuerySet",
    "FollowerQuerySet",
    "LaborEntryQuerySet",
    "LinkQuerySet",
    "LogChainQuerySet",
    "LogQuerySet",
    "OfOrderQuerySet",
    "WorkOrderQuerySet",
]
