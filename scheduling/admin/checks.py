"""Runs of the due check in the console."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right
from core.admin.base import ReadOnlyModelAdmin
from core.rules.moments import day_and_time
from scheduling.admin import shown
from scheduling.models import DueCheckRun


@admin.register(DueCheckRun)
class DueCheckRunAdmin(ReadOnlyModelAdmin):
    """When the check ran, what it found and told, and how long it took."""

    needs_scheduling = True
    view_right = Right.DUE_CHECK_VIEW
    list_display = (
        *("ran", "trigger", "outcome", "checked", "opened", "overdue", "sent", "failed", "took"),
    )
    more_columns = ("due_today", "due_tomorrow", "missed", "without_recipient", "started_by")
    list_display_links = ("ran",)
    list_filter = ("trigger",)
    list_select_related = ("started_by",)
    ordering = ("-started_at",)
    change_list_template = "scheduling/check_list.html"
    fields = (
        *("period", "trigger", "as_of", "started_at", "finished_at", "started_by", "checked"),
        *("opened", "due_today", "due_tomorrow", "due_later", "overdue", "missed", "sent"),
        *("failed", "without_recipient", "seconds"),
    )
    readonly_fields = fields
    empty_list = {
        "icon": "published_with_changes",
        "title": "The check has not run yet",
        "text": "It runs every day at the hour in the settings, and finds what is due up to the "
        "end of tomorrow and what is overdue.",
        "action": "",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown.looked_at_by(request)
        return super().get_queryset(request)

    @admin.display(description="ran", ordering="started_at")
    def ran(self, row: DueCheckRun) -> SafeString:
        """In the viewer's zone."""
        return format_html(
            '<span class="one-line">{}</span>',
            day_and_time(row.started_at, shown.viewer.get().zone),
        )

    @admin.display(description="outcome")
    def outcome(self, row: DueCheckRun) -> SafeString:
        """Finished, at work, or left by a worker and waiting to be resumed."""
        if row.finished_at is not None:
            return shown.chip("Finished", "success", "check_circle")
        if row.lease_until > shown.viewer.get().now:
            return shown.chip("Running", "info", "sync")
        return shown.chip("Will be resumed", "warning", "pause")

    @admin.display(description="took", ordering="seconds")
    def took(self, row: DueCheckRun) -> str:
        """Seconds."""
        return f"{row.seconds:.1f} s"
