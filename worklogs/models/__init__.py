"""Work: orders from report to verification, and the log, which nobody can alter."""

from worklogs.models.checklist import Checklist, ChecklistUse, ChecklistVersion
from worklogs.models.checklist_answer import ChecklistAnswer, ChecklistFollowUp
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
from worklogs.models.saved_view import SavedView
from worklogs.models.service_level import (
    SlaClock,
    SlaEscalation,
    SlaExcuse,
    SlaPolicy,
    SlaViolation,
    SlaWarning,
)
from worklogs.models.staffing import HomePlace, WorkNeed, WorkOrderSkill

__all__ = [
    "Checklist",
    "ChecklistAnswer",
    "ChecklistFollowUp",
    "ChecklistUse",
    "ChecklistVersion",
    "CostEntry",
    "HomePlace",
    "LaborEntry",
    "LaborRate",
    "Log",
    "LogChain",
    "PortalCode",
    "SavedView",
    "SlaClock",
    "SlaEscalation",
    "SlaExcuse",
    "SlaPolicy",
    "SlaViolation",
    "SlaWarning",
    "WorkNeed",
    "WorkOrder",
    "WorkOrderComment",
    "WorkOrderFollower",
    "WorkOrderLink",
    "WorkOrderLog",
    "WorkOrderMention",
    "WorkOrderNumber",
    "WorkOrderResource",
    "WorkOrderSkill",
    "WorkOrderTransition",
]
