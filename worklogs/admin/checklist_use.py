"""The checklist of a schedule, on the schedule's own form."""

from typing import Any

from django.db.models import Q
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from accounts.rights import Right
from core.admin.base import StackedInline
from scheduling.admin.filters import is_id
from scheduling.admin.schedules import ScheduleAdmin
from worklogs.models import Checklist, ChecklistUse


class _OneOrNone(BaseInlineFormSet):  # type: ignore[type-arg]
    """A choice that is emptied is taken back."""

    def _should_delete_form(self, form: Any) -> bool:
        is_removed = super()._should_delete_form(form)  # type: ignore[misc]
        return bool(is_removed or not form.cleaned_data.get("checklist"))

    def save(self, commit: bool = True) -> Any:
        for form in self.deleted_forms:
            if not form.instance._state.adding:
                form.instance.refresh_from_db()  # the trail names what was taken back
        return super().save(commit)


class ChecklistInline(StackedInline):
    """One or none. What stands here goes before the checklist of a kind of work."""

    model = ChecklistUse
    formset = _OneOrNone
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
        field.required = False
        field.help_text = "Each order takes the version that is published when it is made."
        return field


ScheduleAdmin.inlines = (*ScheduleAdmin.inlines, ChecklistInline)
