"""SLA policies in the console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.rights import Right
from core.admin.base import ModelAdmin
from worklogs.models import SlaPolicy
from worklogs.services import sla_book, sla_policies

_HELP = {
    "position": "Of policies that fit an order equally closely, the one with the lowest number holds.",
    "kind": "Conditions: empty fits everything. The policy with most conditions holds.",
    "calendar": "In whose hours targets are measured; empty: the default calendar. Safety: every hour of every day.",
    "response_minutes": "Minutes of working time from the report to the first answer.",
    "response_business_days": "Or the same time of day, so many working days later.",
    "resolution_minutes": "Minutes of working time from the report to the end of the work.",
    "resolution_business_days": "Or the same time of day, so many working days later.",
    "escalate_after_minutes": "So long after a missed deadline that nobody takes up, who leads the organisation "
    "hears of it. Empty: never.",
}


@admin.register(SlaPolicy)
class SlaPolicyAdmin(ModelAdmin):
    """What is promised for which work, and in whose hours it is measured."""

    view_right = Right.SLA_VIEW
    add_right = change_right = delete_right = Right.SLA_MANAGE
    list_display = (
        "name",
        "applies_to",
        "response",
        "resolution",
        "hours",
        "position",
        "is_active",
    )
    list_filter = ("is_active", "kind", "category", "priority")
    list_select_related = ("resource_type", "calendar")
    search_fields = ("name",)
    ordering = ("position", "name", "pk")
    empty_list = {
        "icon": "timer",
        "title": "Nothing is promised yet",
        "text": "A policy says within what time reports are answered and work is done.",
        "action": "New policy",
    }
    fieldsets = (
        (None, {"fields": (("name", "position"), "is_active")}),
        (
            "For which work",
            {"fields": (("kind", "task_type"), ("category", "priority"), "resource_type")},
        ),
        (
            "Targets",
            {
                "fields": (
                    ("response_minutes", "response_business_days"),
                    ("resolution_minutes", "resolution_business_days"),
                    ("calendar", "escalate_after_minutes"),
                )
            },
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in _HELP:
            kwargs["help_text"] = _HELP[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="for")
    def applies_to(self, row: SlaPolicy) -> str:
        """Its conditions in words."""
        words = sla_book.words_of(row)
        return words[:1].upper() + words[1:]

    @admin.display(description="response")
    def response(self, row: SlaPolicy) -> str:
        """Until somebody answers."""
        return sla_book.promise_of(row, row.response_minutes, row.response_business_days)

    @admin.display(description="resolution")
    def resolution(self, row: SlaPolicy) -> str:
        """Until it is done."""
        return sla_book.promise_of(row, row.resolution_minutes, row.resolution_business_days)

    @admin.display(description="hours")
    def hours(self, row: SlaPolicy) -> str:
        """In which it is measured."""
        return str(row.calendar or "Default calendar")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            sla_policies.create_policy(obj, by=by, now=timezone.now())
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        sla_policies.change_policy(obj, changes, by=by, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        by: Any = request.user
        sla_policies.delete_policy(obj, by=by, now=timezone.now())
