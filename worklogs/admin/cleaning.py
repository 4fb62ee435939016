"""Cleaning plans in the console."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.rights import Right
from core.admin.base import ModelAdmin
from core.admin.forms import themed_choice
from scheduling.models import Schedule
from worklogs.models import CleaningPlan
from worklogs.services import cleaning_plans


class CleaningPlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """First what is done and when, then where, then how."""

    frequency = themed_choice(
        [("", "Not by time"), *(one for one in Schedule.Frequency.choices if one[0] != "custom")],
        label="By time",
        help_text="Instead of an event: a schedule is made for the place chosen below.",
    )

    class Meta:
        model = CleaningPlan
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:
            self.fields.pop("frequency", None)

    def _get_validation_exclusions(self) -> Any:
        """With a frequency the schedule is made by the service, which also judges what belongs together."""
        found = super()._get_validation_exclusions()  # type: ignore[misc]
        if self.cleaned_data.get("frequency"):
            found |= {"on_event", "schedule", "resource", "resource_type"}
        return found


@admin.register(CleaningPlan)
class CleaningPlanAdmin(ModelAdmin):
    """What is cleaned when; every change goes through the same services as the API."""

    view_right, add_right = Right.WORK_ORDER_WORK, Right.SCHEDULE_ADD
    change_right, delete_right = Right.SCHEDULE_CHANGE, Right.SCHEDULE_DELETE
    change_form_outer_before_template = "accounts/people_form_head.html"
    form = CleaningPlanForm
    list_display = ("title", "task_type", "when", "place", "active")
    list_filter = ("task_type", "on_event", "is_active")
    list_select_related = ("resource", "resource_type", "schedule")
    search_fields = ("title", "resource__name", "resource_type__name")
    ordering = ("title", "pk")
    actions = ("activate", "pause", "generate")
    autocomplete_fields = (*("schedule", "resource", "resource_type", "assigned_to", "team"),)
    empty_list = {
        "icon": "cleaning_services",
        "title": "Nothing is planned to be cleaned yet",
        "text": "A plan makes tasks by itself: when guests leave, every day of their stay, or every week. It knows"
        " until when, because it looks at who comes next.",
        "action": "New cleaning plan",
    }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.TimeField):
            attributes = {"type": "time", "class": "time-box"}
            kwargs["widget"] = forms.TimeInput(attrs=attributes, format="%H:%M")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        by_time = () if obj else ("frequency",)
        return (
            ("What and when", {"fields": ("title", "task_type", ("on_event", *by_time), "rhythm")}),
            ("Where", {"fields": (("resource", "with_below"), "resource_type", "schedule")}),
            (
                "Until when",
                {
                    "fields": (
                        ("allowed_minutes", "setup_minutes"),
                        ("due_time", "is_planned_ahead"),
                    )
                },
            ),
            (
                "How",
                {
                    "fields": (
                        ("estimated_duration_minutes", "priority"),
                        ("checklist", "needs_inspection"),
                        ("assigned_to", "team"),
                    )
                },
            ),
        )

    @admin.display(description="when")
    def when(self, row: CleaningPlan) -> str:
        if row.schedule is not None:
            return row.schedule.get_frequency_display()
        if row.on_event == CleaningPlan.OnEvent.CHECKED_IN and row.rhythm != row.Rhythm.ONCE:
            return row.get_rhythm_display()
        return row.get_on_event_display()

    @admin.display(description="where")
    def place(self, row: CleaningPlan) -> str:
        if row.schedule is not None:
            return str(row.schedule)
        below = " and everything below" if row.with_below else ""
        return f"{row.resource or row.resource_type}{below}"

    @admin.display(description="active", boolean=True, ordering="is_active")
    def active(self, row: CleaningPlan) -> bool:
        """Whether it makes tasks."""
        return row.is_at_work

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        now = timezone.now()
        if not change:
            frequency = form.cleaned_data.get("frequency", "")
            cleaning_plans.create_plan(obj, by=user, now=now, frequency=frequency)
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        cleaning_plans.change_plan(obj, changes, by=user, now=now)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        user: Any = request.user
        cleaning_plans.delete_plan(obj, by=user, now=timezone.now())

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """They make tasks again."""
        self._each(request, queryset, cleaning_plans.activate, "activated")

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """They make no more tasks."""
        self._each(request, queryset, cleaning_plans.pause, "paused")

    @admin.action(description="Generate now", permissions=["change"])
    def generate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the tasks that they want now."""
        self._each(
            request, queryset, cleaning_plans.generate, "looked through: every task is there"
        )

    def _each(
        self, request: HttpRequest, rows: QuerySet[Any], act: Callable[..., object], said: str
    ) -> None:
        user: Any = request.user
        now = timezone.now()
        count = self.each(request, rows, lambda row: act(row, by=user, now=now))
        if count:
            self.message_user(request, f"{count} {said}.")
