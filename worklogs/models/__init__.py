"""Work: orders from report to verification, and the log, which nobody can alter."""

from worklogs.models.checklist import Checklist, ChecklistUse, ChecklistVersion
from worklogs.models.checklist_answer import ChecklistAnswer, ChecklistFollowUp
from worklogs.models.housekeeping import BookingTask, CleaningPlan, RoomReady
from worklogs.models.log import Log, LogChain
from worklogs.models.order import WorkOrder
from worklogs.models.order_history import WorkOrderLog, WorkOrderNumber, WorkOrderTransition
from worklogs.models.order_parts import (
    CostEntry,
    LaborEntry,
    LaborRate,
    StopMark,
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
from worklogs.models.vendor import Vendor

__all__ = [
    "BookingTask",
    "Checklist",
    "ChecklistAnswer",
    "ChecklistFollowUp",
    "ChecklistUse",
    "ChecklistVersion",
    "CleaningPlan",
    "CostEntry",
    "HomePlace",
    "LaborEntry",
    "LaborRate",
    "Log",
    "LogChain",
    "PortalCode",
    "RoomReady",
    "SavedView",
    "SlaClock",
    "SlaEscalation",
    "SlaExcuse",
    "SlaPolicy",
    "SlaViolation",
    "SlaWarning",
    "StopMark",
    "Vendor",
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
