"""Maintenance windows in the console: the scheduler's list and its form."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right, has_right
from core.admin.lists import RowList
from core.rules.moments import day_and_time, overdue_by
from scheduling import states
from scheduling.admin import shown
from scheduling.admin.filters import AssigneeFilter
from scheduling.admin.use import UseAdmin
from scheduling.admin.use_filters import PlaceFilter, WindowTimeFilter
from scheduling.admin.window_form import WindowForm, prefilled
from scheduling.models import Window
from scheduling.services import window_series, windows
from scheduling.services.conflicts import Taking, booked_counts
from scheduling.services.window_series import Scope

TONES = {
    states.DRAFT: ("", "edit_note"),
    states.SCHEDULED: ("info", "event_available"),
    states.IN_PROGRESS: ("warning", "build"),
    states.COMPLETED: ("success", "check_circle"),
    states.CANCELLED: ("", "cancel"),
}
_AT_A_TIME = 500


def with_counts(rows: Iterable[Window]) -> Iterator[Window]:
    """The same windows, each knowing how many bookings it meets (`affected`); one statement for some hundred."""
    rest = iter(rows)
    while some := list(islice(rest, _AT_A_TIME)):
        counted = booked_counts(
            Taking(row.pk, row.resource.path, row.effect, row.blocked_from, row.blocked_to)
            for row in some
            if row.status in states.BLOCKING | {states.DRAFT}
        )
        for row in some:
            row.affected = counted.get(row.pk, 0)  # type: ignore[attr-defined]
            yield row


class _CountingList(RowList):
    """A page of windows that knows the bookings they meet."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(with_counts(self.result_list))


def standing(row: Window, *, now: datetime, zone: Any) -> tuple[str, str, str]:
    """Its status in a word, with the colour and the icon; what should have happened by now is said."""
    if row.status == states.SCHEDULED and row.starts_at <= now:
        return "Should have begun", "danger", "error"
    if row.status == states.IN_PROGRESS and row.ends_at <= now:
        return f"In progress, {overdue_by(row.ends_at, now=now, zone=zone)}", "danger", "error"
    return row.get_status_display(), *TONES[row.status]


@admin.register(Window)
class WindowAdmin(UseAdmin):
    """Planned at the desk: where, when, whom it harms, and what state it is in."""

    needs_scheduling = True
    detail_page = "admin:window_detail"
    view_right, add_right, change_right = Right.WINDOW_VIEW, Right.WINDOW_ADD, Right.WINDOW_CHANGE
    form = WindowForm
    list_display = ("window", "on", "when", "state", "bookings", "assignee")
    more_columns = ("kind", "effect", "repeats", "setup_minutes", "cleanup_minutes")
    list_display_links = None
    list_filter = (
        WindowTimeFilter,
        "status",
        PlaceFilter,
        "kind",
        AssigneeFilter,
        "effect",
    )
    list_filter_sheet = False
    list_select_related = ("resource", "assigned_to", "series")
    search_fields = ("title", "resource__name", "resource__code")
    search_help_text = "Title or resource"
    ordering = ("starts_at", "pk")
    autocomplete_fields = ("resource", "assigned_to")
    actions = ("approve", "export")
    readonly_fields = ("collisions",)
    conditional_fields = {
        # while work is under way the kind is text, no field, and only an emergency is asked why
        "override_reason": "typeof kind == 'undefined' || kind == 'emergency'",
        "rrule": "repeat == 'custom'",
        "repeat_until": "repeat != ''",
        "leave_out": "repeat != ''",
    }
    quick_filters = (
        ("Not over yet", ""),
        ("Next 7 days", "time=week"),
        ("In progress", "status__exact=in_progress"),
        ("Should have begun", "time=late"),
        ("Drafts", "status__exact=draft"),
        ("Emergencies", "kind__exact=emergency"),
        ("Mine", "assignee=me"),
        ("Past", "time=past"),
    )
    live = "window booking"
    empty_list = {
        "icon": "event_busy",
        "title": "No maintenance window yet",
        "text": "A window takes a room or machine from its users for the time of the work. "
        "Every window is checked against the bookings first, and the free slots are offered.",
        "action": "New window",
    }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return _CountingList

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new window can repeat; one of a series asks which ones an edit means."""
        under_way = obj is not None and obj.status == states.IN_PROGRESS
        repeats: tuple[Any, ...] = ("repeat", "rrule", ("repeat_until", "leave_out"))
        special: tuple[str, ...] = ("as_draft", "back_dated")
        if obj is not None:
            repeats, special = (), () if under_way else ("back_dated",)
        place = (("resource", "assigned_to"), ("kind", "effect"))
        buffers = ("setup_minutes", "cleanup_minutes")
        when = ("starts_at", "ends_at", "collisions", *repeats)
        is_asked_why = not under_way or obj.kind == Window.Kind.EMERGENCY
        why = ("override_reason",) if is_asked_why else ()
        fieldsets: list[Any] = [
            ("What", {"fields": ("title", *place, *why, "description")}),
            ("When", {"fields": when}),
            ("More", {"classes": ("collapse",), "fields": (buffers, special)}),
        ]
        if not special:
            fieldsets[2][1]["fields"] = (buffers,)
        if obj is not None and obj.series_id and not under_way:
            fieldsets.insert(0, ("This window repeats", {"fields": ("scope",)}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """While work is under way, only its end can still be moved."""
        fixed: tuple[str, ...] = ("collisions",)
        if obj is not None and obj.status == states.IN_PROGRESS:
            fixed += ("resource", "kind", "effect", "starts_at", "setup_minutes")
        return fixed

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.occurrence_of = prefilled(request).occurrence if obj is None else None
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return prefilled(request).initial

    @admin.display(description="window", ordering="title")
    def window(self, row: Window) -> SafeString:
        """The title, and whether it repeats or is an emergency."""
        address = shown.viewer.get().address("admin:window_detail", row.pk)
        return shown.titled(address, row.title, _nature(row))

    @admin.display(description="status", ordering="status")
    def state(self, row: Window) -> SafeString:
        """By colour, icon and word."""
        seen = shown.viewer.get()
        return shown.chip(*standing(row, now=seen.now, zone=seen.zone))

    @admin.display(description="bookings met")
    def bookings(self, row: Any) -> Any:
        """How many bookings share a moment with it."""
        count = getattr(row, "affected", 0)
        return shown.chip(str(count), "warning", "group") if count else shown.EMPTY

    @admin.display(description="assigned to", ordering="assigned_to__name")
    def assignee(self, row: Window) -> Any:
        """Who does the work."""
        return row.assigned_to or shown.EMPTY

    @admin.display(description="repeats")
    def repeats(self, row: Window) -> Any:
        """The rule in words."""
        return window_series.in_words(row.series) if row.series else shown.EMPTY

    @admin.display(description="In the way")
    def collisions(self, row: Window | None) -> SafeString:
        """Filled by the page while the person types."""
        query = f"?window={row.pk}" if row and not row._state.adding else ""
        return format_html(
            '<div id="window-check" aria-live="polite" hx-post="{}{}" hx-trigger="load, check"'
            ' hx-include="closest form" hx-swap="innerHTML" hx-sync="this:replace"></div>',
            reverse("admin:window_check"),
            query,
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is over stays as it is."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.status in states.BLOCKING | {states.DRAFT}
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Windows are cancelled, drafts deleted, both on their page."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        now, values = timezone.now(), form.cleaned_data
        if not change:
            request.made = self._create(obj, form, by=user, now=now)  # type: ignore[attr-defined]
            return
        concrete = {field.name for field in obj._meta.concrete_fields}
        changes = {name: getattr(obj, name) for name in form.changed_data if name in concrete}
        stored = Window.objects.select_related("resource").get(pk=obj.pk)
        window_series.change_series(
            stored,
            changes,
            Scope(values.get("scope") or Scope.ONE),
            by=user,
            now=now,
            is_back_dated=bool(values.get("back_dated")),
        )

    def _create(self, window: Window, form: Any, *, by: Any, now: Any) -> list[Window]:
        values = form.cleaned_data
        window.status = states.DRAFT if values.get("as_draft") else states.SCHEDULED
        window.occurrence = form.occurrence_of
        is_back_dated = bool(values.get("back_dated"))
        if values.get("rrule"):
            made = window_series.create_series(
                window,
                values["rrule"],
                by=by,
                now=now,
                leaves_out=bool(values.get("leave_out")),
                is_back_dated=is_back_dated,
            )
            window.pk = made[0].pk
            return made
        return [windows.create_window(window, by=by, now=now, is_back_dated=is_back_dated)]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        made = request.made  # type: ignore[attr-defined]
        first = made[0]
        zone = first.resource.effective_time_zone
        if len(made) > 1:
            text = f"{len(made)} windows are planned, the first on {day_and_time(first.starts_at, zone)}."
        elif first.status == states.DRAFT:
            text = f"{first} is kept as a draft; it takes nothing until it is scheduled."
        else:
            text = f"{first} is scheduled for {day_and_time(first.starts_at, zone)}."
        self.message_user(request, text)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(self._address("add"))
        return HttpResponseRedirect(reverse("admin:window_detail", args=[first.pk]))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self.message_user(request, "Saved.")
        return HttpResponseRedirect(reverse("admin:window_detail", args=[obj.pk]))

    @admin.action(description="Schedule the drafts", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each by the service; refusals are shown."""
        user: Any = request.user
        now = timezone.now()
        drafts = queryset.filter(status=states.DRAFT).select_related("resource")[:_AT_A_TIME]
        count = self.each(
            request, drafts, lambda row: windows.approve_window(row, by=user, now=now)
        )
        self.message_user(request, f"{count} scheduled.")

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not has_right(request.user, self.change_right or ""):  # type: ignore[arg-type]
            actions.pop("approve", None)
        return actions

    def exported(self, rows: Iterable[Window]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """As people read them, with the parts of the columns apart."""
        zone = shown.viewer.get().zone
        heads = [
            *("Title", "Resource", "Code", "Start", "End", "Status", "Kind", "Effect"),
            *("Bookings met", "Assigned to", "Description", "Reason"),
        ]
        return heads, (
            [
                *(row.title, row.resource.name, row.resource.code),
                *(day_and_time(row.starts_at, zone), day_and_time(row.ends_at, zone)),
                *(row.get_status_display(), row.get_kind_display(), row.get_effect_display()),
                *(row.affected, row.assigned_to or "", row.description),  # type: ignore[attr-defined]
                row.cancel_reason or row.override_reason,
            ]
            for row in with_counts(rows)
        )


def _nature(row: Window) -> str:
    parts = ["Emergency"] if row.kind == Window.Kind.EMERGENCY else []
    if row.effect == Window.Effect.OUT_OF_SERVICE:
        parts.append("Stays usable")
    if row.series_id:
        parts.append("Repeats")
    return " · ".join(parts)
