"""The pages of the console that messages lead to."""

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.rights import Right, has_right
from scheduling.models import Occurrence
from worklogs.models import WorkOrder


def find(object_type: str, pk: UUID, *, user: User) -> str | None:
    """The address of the page at which this person acts on the object; None when it is gone."""
    match object_type:
        case "occurrence":
            return _occurrence(pk, user)
        case "schedule":
            return reverse("admin:schedule_detail", args=[pk])
        case "log":
            return reverse("admin:worklogs_log_change", args=[pk])
        case "window":
            return reverse("admin:window_detail", args=[pk])
        case "certificate":
            return reverse("admin:accounts_certificate_change", args=[pk])
        case "work_order":
            return _work_order(pk, user)
        case "report":
            return reverse("admin:report_standing", args=[pk])
        case "webhook":
            return reverse("admin:webhook_detail", args=[pk])
    return None


def _work_order(pk: UUID, user: User) -> str | None:
    """A report that waits for a decision of this person: the triage inbox; otherwise the order's page."""
    order = WorkOrder.objects.filter(pk=pk).first()
    if order is None:
        return None
    if order.status == WorkOrder.Status.REPORTED and has_right(user, Right.WORK_ORDER_TRIAGE):
        return f"{reverse('admin:triage')}?report={pk}"
    return reverse("admin:work_order_detail", args=[pk])


def _occurrence(pk: UUID, user: User) -> str | None:
    """While the person can log it: the form for that, filled in; otherwise its schedule."""
    row = Occurrence.objects.filter(pk=pk).first()
    if row is None:
        return None
    is_pending = row.status in (Occurrence.Status.OPEN, Occurrence.Status.PLANNED)
    if not is_pending or not has_right(user, Right.LOG_ADD):
        return find("schedule", row.schedule_id, user=user)
    query = {
        "schedule": row.schedule_id,
        "resource": row.resource_id,
        "occurrence": row.occurrence_key,
    }
    return f"{reverse('admin:log-completion')}?{urlencode(query)}"
