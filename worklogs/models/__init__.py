"""Work: orders from report to verification, and the log, which nobody can alter."""

from worklogs.models.log import Log, LogChain
from worklogs.models.order import WorkOrder
from worklogs.models.order_history import WorkOrderLog, WorkOrderNumber, WorkOrderTransition
from worklogs.models.order_parts import (
    CostEntry,
    LaborEntry,
    LaborRate,
    WorkOrderComment,
    WorkOrderLink,
    WorkOrderMention,
    WorkOrderResource,
)
from worklogs.models.portal import PortalCode, WorkOrderFollower
from worklogs.models.service_level import (
    SlaClock,
    SlaEscalation,
    SlaExcuse,
    SlaPolicy,
    SlaViolation,
    SlaWarning,
)

__all__ = [
    "CostEntry",
    "LaborEntry",
    "LaborRate",
    "Log",
    "LogChain",
    "PortalCode",
    "SlaClock",
    "SlaEscalation",
    "SlaExcuse",
    "SlaPolicy",
    "SlaViolation",
    "SlaWarning",
    "WorkOrder",
    "WorkOrderComment",
    "WorkOrderFollower",
    "WorkOrderLink",
    "WorkOrderLog",
    "WorkOrderMention",
    "WorkOrderNumber",
    "WorkOrderResource",
    "WorkOrderTransition",
]
