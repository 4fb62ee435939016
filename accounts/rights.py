"""Who may do what: the one table of rights, used by console, API and templates (DOMAIN, "Tenancy, roles, audit")."""

from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import NotAllowed

if TYPE_CHECKING:
    from accounts.models import User


class Role(StrEnum):
    """What a person is in their organisation."""

    SUPER_ADMIN = "super_admin"
    EXECUTIVE_ADMIN = "executive_admin"
    ADMIN = "admin"
    VENUE_ADMIN = "venue_admin"
    MAINTENANCE_COORDINATOR = "maintenance_coordinator"
    TECHNICIAN = "technician"
    REQUESTER = "requester"


class Right(StrEnum):
    """One thing that can be allowed, `<thing>_<verb>`. Which rows it reaches is the queryset's `visible_to`."""

    DASHBOARD_VIEW = "dashboard_view"
    RESOURCE_VIEW = "resource_view"
    RESOURCE_ADD = "resource_add"
    RESOURCE_CHANGE = "resource_change"
    RESOURCE_DELETE = "resource_delete"
    RESOURCE_TYPE_VIEW = "resource_type_view"
    RESOURCE_TYPE_MANAGE = "resource_type_manage"
    SCHEDULE_VIEW = "schedule_view"
    SCHEDULE_ADD = "schedule_add"
    SCHEDULE_CHANGE = "schedule_change"
    SCHEDULE_DELETE = "schedule_delete"
    OCCURRENCE_MOVE = "occurrence_move"
    OCCURRENCE_SKIP = "occurrence_skip"
    BOOKING_VIEW = "booking_view"
    BOOKING_MANAGE = "booking_manage"
    BOOKING_CONTACT_VIEW = "booking_contact_view"
    WINDOW_VIEW = "window_view"
    WINDOW_ADD = "window_add"
    WINDOW_CHANGE = "window_change"
    WINDOW_WORK = "window_work"
    WINDOW_APPROVE = "window_approve"
    DUE_CHECK_VIEW = "due_check_view"
    DUE_CHECK_RUN = "due_check_run"
    CHECKLIST_VIEW = "checklist_view"
    CHECKLIST_MANAGE = "checklist_manage"
    WORK_ORDER_VIEW = "work_order_view"
    WORK_ORDER_REPORT = "work_order_report"
    WORK_ORDER_ADD = "work_order_add"
    WORK_ORDER_CHANGE = "work_order_change"
    WORK_ORDER_TRIAGE = "work_order_triage"
    WORK_ORDER_ASSIGN = "work_order_assign"
    WORK_ORDER_WORK = "work_order_work"
    WORK_ORDER_VERIFY = "work_order_verify"
    VENDOR_VIEW = "vendor_view"
    VENDOR_MANAGE = "vendor_manage"
    SLA_VIEW = "sla_view"
    SLA_ACKNOWLEDGE = "sla_acknowledge"
    SLA_EXCUSE = "sla_excuse"
    SLA_MANAGE = "sla_manage"
    LOG_VIEW = "log_view"
    LOG_ADD = "log_add"
    LOG_CORRECT = "log_correct"
    LOG_EXPORT = "log_export"
    ATTACHMENT_ADD = "attachment_add"
    NOTIFICATION_VIEW = "notification_view"
    DELIVERY_VIEW = "delivery_view"
    STAFF_VIEW = "staff_view"
    STAFF_MANAGE = "staff_manage"
    USER_VIEW = "user_view"
    USER_MANAGE = "user_manage"
    ORGANIZATION_VIEW = "organization_view"
    ORGANIZATION_MANAGE = "organization_manage"
    ORGANIZATION_SWITCH = "organization_switch"
    API_KEY_MANAGE = "api_key_manage"
    AUDIT_VIEW = "audit_view"
    DATA_IMPORT = "data_import"
    EVENT_VIEW = "event_view"
    EVENT_SEND = "event_send"
    WEBHOOK_MANAGE = "webhook_manage"
    FEATURE_SWITCH = "feature_switch"


_REQUESTER = frozenset(
    {
        Right.DASHBOARD_VIEW,
        Right.RESOURCE_VIEW,
        Right.RESOURCE_TYPE_VIEW,
        Right.SCHEDULE_VIEW,
        Right.WINDOW_VIEW,
        Right.WORK_ORDER_VIEW,
        Right.WORK_ORDER_REPORT,
        Right.LOG_VIEW,
        Right.ATTACHMENT_ADD,
        Right.NOTIFICATION_VIEW,
    }
)
_TECHNICIAN = _REQUESTER | {
    Right.LOG_ADD,
    Right.BOOKING_VIEW,
    Right.WINDOW_WORK,
    Right.CHECKLIST_VIEW,
    Right.WORK_ORDER_WORK,
    Right.VENDOR_VIEW,
    Right.STAFF_VIEW,
}
_COORDINATOR = _TECHNICIAN | {
    Right.WINDOW_ADD,
    Right.WINDOW_CHANGE,
    Right.BOOKING_CONTACT_VIEW,
    Right.BOOKING_MANAGE,
    Right.CHECKLIST_MANAGE,
    Right.WORK_ORDER_ADD,
    Right.WORK_ORDER_CHANGE,
    Right.WORK_ORDER_TRIAGE,
    Right.WORK_ORDER_ASSIGN,
    Right.WORK_ORDER_VERIFY,
    Right.VENDOR_MANAGE,
    Right.STAFF_MANAGE,
    Right.SLA_VIEW,
    Right.SLA_ACKNOWLEDGE,
    Right.LOG_CORRECT,
    Right.LOG_EXPORT,
    Right.USER_VIEW,
}
_VENUE_ADMIN = _COORDINATOR | {
    Right.RESOURCE_ADD,
    Right.RESOURCE_CHANGE,
    Right.SCHEDULE_ADD,
    Right.SCHEDULE_CHANGE,
    Right.SCHEDULE_DELETE,
    Right.OCCURRENCE_MOVE,
    Right.OCCURRENCE_SKIP,
    Right.WINDOW_APPROVE,
    Right.DUE_CHECK_VIEW,
    Right.SLA_EXCUSE,
}
_ADMIN = _VENUE_ADMIN | {
    Right.RESOURCE_DELETE,
    Right.RESOURCE_TYPE_MANAGE,
    Right.DUE_CHECK_RUN,
    Right.SLA_MANAGE,
    Right.DELIVERY_VIEW,
    Right.USER_MANAGE,
    Right.ORGANIZATION_VIEW,
    Right.ORGANIZATION_MANAGE,
    Right.API_KEY_MANAGE,
    Right.AUDIT_VIEW,
    Right.DATA_IMPORT,
    Right.EVENT_VIEW,
    Right.EVENT_SEND,
    Right.WEBHOOK_MANAGE,
    Right.FEATURE_SWITCH,
}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.REQUESTER: _REQUESTER,
    Role.TECHNICIAN: _TECHNICIAN,
    Role.MAINTENANCE_COORDINATOR: _COORDINATOR,
    Role.VENUE_ADMIN: _VENUE_ADMIN,
    Role.ADMIN: _ADMIN,
    Role.EXECUTIVE_ADMIN: _ADMIN,
    Role.SUPER_ADMIN: frozenset(Right),
}

#: Whose roles a person may give or take: nobody raises another above themselves.
ROLE_RANK: dict[Role, int] = {role: rank for rank, role in enumerate(reversed(Role))}


def has_right(user: "User | None", right: Right | str) -> bool:
    """Whether `user` holds `right`; nobody and inactive users hold none."""
    if user is None or not getattr(user, "is_active", False) or not user.is_authenticated:
        return False
    return Right(right) in RIGHTS[Role(user.role)]


def require(user: "User | None", right: Right) -> None:
    """Raise `NotAllowed` unless `user` holds `right`."""
    if not has_right(user, right):
        raise NotAllowed(
            f"Your role does not include “{right.replace('_', ' ')}”. Ask an administrator."
        )
