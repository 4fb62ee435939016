"""The checklist of a schedule, on the schedule's own form."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from accounts.rights import Right
from core.admin.base import StackedInline
from scheduling.admin.filters import is_id
from scheduling.admin.schedules import ScheduleAdmin
from worklogs.models import Checklist, ChecklistUse


class ChecklistInline(StackedInline):
    """One or none. What stands here goes before the checklist of a kind of work."""

    model = ChecklistUse
    view_right = Right.CHECKLIST_VIEW
    add_right = change_right = delete_right = Right.CHECKLIST_MANAGE
    fields = ("checklist",)
    extra = max_num = 1
    verbose_name = verbose_name_plural = "checklist"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Those that new orders can take, and the one that is chosen."""
        key = getattr(request.resolver_match, "kwargs", {}).get("object_id", "")
        usable = Q(is_active=True, current__isnull=False)
        if is_id(key):
            usable |= Q(uses__schedule=key)
        kwargs["queryset"] = Checklist.objects.filter(usable).distinct().order_by("name")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.help_text = "Each order takes the version that is published when it is made."
        return field


ScheduleAdmin.inlines = (*ScheduleAdmin.inlines, ChecklistInline)
