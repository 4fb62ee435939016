"""Schedules in the console."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from accounts.rights import Right, has_right
from core.admin.base import TabularInline
from core.rules.moments import day_and_time
from scheduling.admin import shown
from scheduling.admin.fields import LinesField
from scheduling.admin.filters import AssigneeFilter, StateFilter, TypeFilter
from scheduling.admin.schedule_form import COUNTED_FROM, ScheduleForm
from scheduling.admin.wall_times import WallTimesAdmin
from scheduling.models import Schedule, ScheduleException
from scheduling.services import reach, schedules
from scheduling.services.wording import rule_text_of

_MOST_AT_ONCE = 500


class ExceptionInline(TabularInline):
    """Resources of the type that the schedule leaves out."""

    model = ScheduleException
    verbose_name = "resource to leave out"
    verbose_name_plural = "Left out (only for a whole type)"
    view_right = Right.SCHEDULE_VIEW
    add_right = change_right = delete_right = Right.SCHEDULE_CHANGE
    autocomplete_fields = ("resource",)
    fields = ("resource", "reason")


@admin.register(Schedule)
class ScheduleAdmin(WallTimesAdmin):
    """Every change goes through the same services as the API."""

    needs_scheduling = True
    detail_page = "admin:schedule_detail"
    view_right, add_right = Right.SCHEDULE_VIEW, Right.SCHEDULE_ADD
    change_right, delete_right = Right.SCHEDULE_CHANGE, Right.SCHEDULE_DELETE
    form = ScheduleForm
    inlines: tuple[Any, ...] = (ExceptionInline,)
    list_display = ("schedule", "on", "due", "assignee", "state")
    more_columns = ("maintenance_type", "priority", "counted_from", "tolerance_days", "external_id")
    list_display_links = None
    list_filter = (StateFilter, "maintenance_type", AssigneeFilter, TypeFilter, "priority")
    list_filter_sheet = False
    list_select_related = ("resource", "resource_type", "assigned_to")
    search_fields = ("title", "resource__name", "resource__code", "external_id")
    search_help_text = "Title, resource or number"
    ordering = (F("next_due_at").asc(nulls_last=True), "pk")
    autocomplete_fields = ("resource", "resource_type", "assigned_to")
    actions = ("assign", "pause", "put_away", "export")
    readonly_fields = ("preview",)
    conditional_fields = {
        name: "frequency == 'custom'" for name in ("interval", "interval_unit", "rrule")
    }
    change_form_outer_before_template = "scheduling/schedule_form_head.html"
    quick_filters = (
        ("All", ""),
        ("Overdue", "state=overdue"),
        ("Due within 7 days", "state=soon"),
        ("Assigned to me", "assignee=me"),
        ("Nobody assigned", "assignee=nobody"),
        ("Paused", "state=paused"),
        ("Deleted", "state=deleted"),
    )
    live = "schedule maintenance"
    empty_list = {
        "icon": "event_repeat",
        "title": "No schedule yet",
        "text": "A schedule says what must be done on a resource and how often. "
        "Its dates come due by themselves, and the right people are told.",
        "action": "New schedule",
    }
    fieldsets = (
        (
            "What",
            {
                "fields": (
                    "title",
                    ("resource", "resource_type"),
                    ("maintenance_type", "priority"),
                    "assigned_to",
                    "description",
                )
            },
        ),
        (
            "When",
            {
                "fields": (
                    ("frequency", "basis"),
                    ("interval", "interval_unit"),
                    "rrule",
                    "start_at",
                    "preview",
                )
            },
        ),
        (
            "More",
            {
                "classes": ("collapse",),
                "fields": (
                    ("tolerance_days", "tolerance_percent"),
                    ("advance_notice_days", "lead_days"),
                    "backlog",
                    "exdates",
                    "until",
                    "overflow",
                    ("estimated_duration_minutes", "estimated_cost"),
                    "external_id",
                ),
            },
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = LinesField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="schedule", ordering="title")
    def schedule(self, row: Schedule) -> SafeString:
        """The title, and the rule in words."""
        seen = shown.viewer.get()
        zone = row.resource.effective_time_zone if row.resource else seen.home
        address = seen.address("admin:schedule_detail", row.pk)
        return shown.titled(address, row.title, rule_text_of(vars(row), zone))

    @admin.display(description="resource", ordering="resource__name")
    def on(self, row: Schedule) -> SafeString:
        """The resource, or the type."""
        if row.resource is None:
            every, whole = f"Every {row.resource_type}", shown.quiet("the whole type")
            return format_html('<div class="cell"><span>{}</span>{}</div>', every, whole)
        address = shown.viewer.get().address("admin:resource_detail", row.resource_id)
        return shown.titled(address, row.resource.name, row.resource.code)

    @admin.display(description="next due", ordering="next_due_at")
    def due(self, row: Schedule) -> SafeString:
        """Date and distance."""
        return shown.due(row.next_due_at, row.overdue_at)

    @admin.display(description="assigned to", ordering="assigned_to__name")
    def assignee(self, row: Schedule) -> Any:
        """Who is told first."""
        return row.assigned_to or shown.EMPTY

    @admin.display(description="state")
    def state(self, row: Schedule) -> SafeString:
        """Deleted, paused or at work."""
        if row.deleted_at:
            return shown.chip("Deleted", "", "delete")
        if not row.is_active:
            return shown.chip("Paused", "warning", "pause")
        if row.next_due_at is None:
            return shown.chip("Ended", "", "flag")
        return shown.chip("Active", "success", "check_circle")

    @admin.display(description="counted from", ordering="basis")
    def counted_from(self, row: Schedule) -> str:
        """What moves the series on."""
        return dict(COUNTED_FROM)[row.basis]

    @admin.display(description="In words")
    def preview(self, row: Schedule | None) -> SafeString:
        """Filled by the page while the person types."""
        query = (
            f"?{urlencode({'schedule': str(row.pk)})}" if row and row.pk and row.created_at else ""
        )
        return format_html(
            '<div id="schedule-preview" aria-live="polite" hx-post="{}{}" hx-trigger="load, preview"'
            ' hx-include="closest form" hx-swap="innerHTML"></div>',
            reverse("admin:schedule_preview"),
            query,
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A venue admin changes what does not reach beyond their venues; deleted ones wait for restoring."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or (
            obj.deleted_at is None
            and Schedule.objects.changeable_by(request.user).filter(pk=obj.pk).exists()  # type: ignore[arg-type]
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting is a button of the page, and a bulk action with a way back."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        now = timezone.now()
        reach.check_schedule(user, resource=obj.resource, resource_type=obj.resource_type)
        if not change:
            schedules.create_schedule(obj, by=user, now=now)
            return
        concrete = {field.name for field in obj._meta.concrete_fields}
        names = [name for name in {*form.changed_data, "rrule"} if name in concrete]
        changes = {name: getattr(obj, name) for name in names}
        schedules.update_schedule(obj, changes, by=user, now=now)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The exceptions as a whole, so that due dates follow; those that another added meanwhile stay."""
        if formset.model is not ScheduleException:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        if not formset.has_changed():
            return
        stored = ScheduleException.objects.filter(schedule=form.instance).select_related("resource")
        rows = {row.pk: row for row in stored}
        for row in formset.deleted_objects:
            rows.pop(row.pk, None)
        for row in (*(row for row, _ in formset.changed_objects), *formset.new_objects):
            rows[row.pk] = row
        schedules.update_schedule(
            form.instance,
            {},
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            exceptions={row.resource: row.reason for row in rows.values()},
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self._to_detail(request, super().response_add(request, obj, post_url_continue), obj)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self._to_detail(request, super().response_change(request, obj), obj)

    def _to_detail(
        self, request: HttpRequest, response: HttpResponse, obj: Schedule
    ) -> HttpResponse:
        """Back to the page of the schedule, unless another button was pressed."""
        if "_addanother" in request.POST or "_continue" in request.POST:
            return response
        return HttpResponseRedirect(reverse("admin:schedule_detail", args=[obj.pk]))

    @admin.action(description="Assign to…", permissions=["change"])
    def assign(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Asks for the person."""
        return self._ask("assign", queryset)

    @admin.action(description="Pause…", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Asks for the reason."""
        return self._ask("pause", queryset)

    @admin.action(description="Delete (can be restored)", permissions=["put_away"])
    def put_away(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each by the service; refusals are shown."""
        now, user = timezone.now(), request.user

        def delete(row: Schedule) -> None:
            reach.check_change(user, row)  # type: ignore[arg-type]
            schedules.delete_schedule(row, by=user, now=now)  # type: ignore[arg-type]

        count = self.each(request, queryset[:_MOST_AT_ONCE], delete)
        self.message_user(
            request, f"{count} deleted. The filter “Deleted” shows them; each can be restored."
        )

    def exported(self, rows: Iterable[Schedule]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """As people read them, with the parts of the first column apart."""
        heads = [
            *("Title", "Resource", "Code", "Type", "Rule", "Next due", "Overdue"),
            *("Assigned to", "Active"),
        ]
        return heads, map(self._cells, rows)

    def _cells(self, row: Schedule) -> list[Any]:
        seen = shown.viewer.get()
        zone = row.resource.effective_time_zone if row.resource else seen.home
        return [
            row.title,
            row.resource.name if row.resource else f"Every {row.resource_type}",
            row.resource.code if row.resource else "",
            row.get_maintenance_type_display(),
            rule_text_of(vars(row), zone),
            day_and_time(row.next_due_at, seen.zone) if row.next_due_at else "",
            "yes" if row.overdue_at and row.overdue_at <= seen.now else "no",
            str(row.assigned_to or ""),
            "yes" if row.is_active else "no",
        ]

    def has_put_away_permission(self, request: HttpRequest) -> bool:
        """Bulk deleting needs the right to delete."""
        return has_right(request.user, self.delete_right)  # type: ignore[arg-type]

    def _ask(self, what: str, queryset: QuerySet[Any]) -> HttpResponse:
        ids = [str(pk) for pk in queryset.values_list("pk", flat=True)[:_MOST_AT_ONCE]]
        query = urlencode({"id": ids}, doseq=True)
        return HttpResponseRedirect(f"{reverse('admin:schedule_bulk', args=[what])}?{query}")
