"""The pages of the console that messages lead to."""

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from scheduling.models import Occurrence


def find(object_type: str, pk: UUID) -> str | None:
    """The address of the page at which a person acts on the object; None when it is gone."""
    match object_type:
        case "occurrence":
            return _occurrence(pk)
        case "schedule":
            return reverse("admin:scheduling_schedule_change", args=[pk])
        case "log":
            return reverse("admin:worklogs_log_change", args=[pk])
    return None


def _occurrence(pk: UUID) -> str | None:
    """While it is to be done: the form that logs its completion, filled in; afterwards its schedule."""
    row = Occurrence.objects.filter(pk=pk).first()
    if row is None:
        return None
    if row.status not in (Occurrence.Status.OPEN, Occurrence.Status.PLANNED):
        return find("schedule", row.schedule_id)
    query = {
        "schedule": row.schedule_id,
        "resource": row.resource_id,
        "occurrence": row.occurrence_key,
    }
    return f"{reverse('admin:worklogs_complete')}?{urlencode(query)}"
