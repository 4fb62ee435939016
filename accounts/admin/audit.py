"""The audit trail in the console."""

import re
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_of
from core.admin.base import ReadOnlyModelAdmin
from core.models import AuditEntry
from core.rules.moments import day_and_time
from core.services import trail

#: In the address of a page that was refused.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Of a log: what proves it and what it caused; its own page shows them.
_PROOF = frozenset({"sequence", "hash", "previous_hash", "effect"})


class ActorFilter(admin.SimpleListFilter):
    """By who did it; people, not every name that ever stood in the trail."""

    title = "actor"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.order_by("name").values_list("pk", "name")[:200]
        return [*((str(pk), name) for pk, name in people), ("system", "The system")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        if chosen == "system":
            return queryset.filter(actor_id=None)
        known = {value for value, _ in self.lookup_choices}
        return queryset.filter(actor_id=chosen) if chosen in known else queryset


class ObjectFilter(admin.SimpleListFilter):
    """By the kind of thing."""

    title = "object"
    parameter_name = "object_type"
    KINDS = (
        ("scheduling.resource", "Resource"),
        ("scheduling.schedule", "Schedule"),
        ("scheduling.occurrence", "Date"),
        ("scheduling.window", "Window"),
        ("scheduling.booking", "Booking"),
        ("worklogs.workorder", "Work order"),
        ("worklogs.log", "Log"),
        ("worklogs.slapolicy", "Service level policy"),
        ("worklogs.slaviolation", "Missed service level"),
        ("accounts.user", "User"),
        ("accounts.apikey", "API key"),
        ("accounts.organization", "Organisation"),
        ("core.attachment", "File"),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return self.KINDS

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


def _whole(text: str) -> str:
    """Not broken into lines, so that rows stay of one height."""
    return format_html('<span class="one-line">{}</span>', text)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """Who did what, newest first."""

    _zone: ContextVar[ZoneInfo] = ContextVar("zone of the person who reads the trail")
    view_right = Right.AUDIT_VIEW
    list_display = ("moment", "who", "action_words", "thing", "what_changed")
    more_columns = ("address", "correlation_id")
    list_filter = (ActorFilter, ObjectFilter, "at")
    row_names = ("entry", "entries")
    date_hierarchy = None
    search_fields = ("object_label", "actor_label", "action")
    ordering = ("-at", "-id")
    list_select_related = False
    fieldsets = (
        (None, {"fields": ("moment", "who", "action_words", "thing", "changed")}),
        ("For support", {"classes": ("collapse",), "fields": ("address", "correlation_id")}),
    )
    readonly_fields = tuple(name for _, part in fieldsets for name in part["fields"])

    def get_queryset(self, request: HttpRequest) -> Any:
        """Remembers whose clock the page shows; one admin object serves all requests of a thread in turn."""
        self._zone.set(zone_of(request.user))
        return super().get_queryset(request)

    @admin.display(description="When", ordering="at")
    def moment(self, entry: AuditEntry) -> str:
        return _whole(day_and_time(entry.at, self._zone.get()))

    @admin.display(description="Who", ordering="actor_label")
    def who(self, entry: AuditEntry) -> str:
        return _whole(entry.actor_label or "The system")

    @admin.display(description="What was done")
    def action_words(self, entry: AuditEntry) -> str:
        return trail.action(entry)

    @admin.display(description="To what")
    def thing(self, entry: AuditEntry) -> str:
        kind = dict(ObjectFilter.KINDS).get(entry.object_type) or trail.kind(entry)
        return _ID.sub("…", f"{kind} {entry.object_label}".strip()) or "–"

    @admin.display(description="Changed")
    def what_changed(self, entry: AuditEntry) -> str:
        names = [
            trail.label(entry, name).lower() for name in trail.names(entry) if name not in _PROOF
        ]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        return ", ".join(names[:4]) + more or "–"

    @admin.display(description="Old and new values")
    def changed(self, entry: AuditEntry) -> str:
        if not entry.changes:
            return "–"
        wording = trail.Wording([entry], zone=self._zone.get().key)
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            wording.changes(entry),
        )
        return format_html(
            '<table class="changes"><thead><tr><th scope="col">Field</th><th scope="col">Before</th>'
            '<th scope="col">After</th></tr></thead><tbody>{}</tbody></table>',
            rows,
        )

    class Media:
        css = {"all": ["accounts/accounts.css"]}
