"""Resources in the console."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.rights import Right
from accounts.zones import zone_names
from core.admin.base import ModelAdmin, TabularInline
from core.admin.forms import themed_choice
from scheduling.admin import shown
from scheduling.admin.attributes import AttributesField, AttributesWidget
from scheduling.admin.filters import BelowFilter, OwnerFilter, TypeFilter
from scheduling.models import Resource, ResourceEntrustment, ResourceType
from scheduling.services import reach, resources

TONES = {
    "operational": ("success", "check_circle"),
    "degraded": ("warning", "warning"),
    "under_maintenance": ("info", "build"),
    "out_of_service": ("danger", "block"),
    "retired": ("", "archive"),
}
_MOST_AT_ONCE = 500


class ResourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Knows the chosen type, for the attributes."""

    class Meta:
        model = Resource
        fields = ()
        labels = {"parent": "Part of"}
        help_texts = {
            "parent": "The venue, room or machine that it belongs to.",
            "owner": "Is told about due maintenance that nobody is assigned to.",
            "kind": "Leave empty to take the type's.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "attributes" not in self.fields:
            return
        chosen = self.data.get("type") if self.is_bound else self.initial.get("type")
        self.fields["attributes"].label = ""
        self.fields["attributes"].widget.resource_type = type_named(chosen)


def type_named(text: Any) -> ResourceType | None:
    """The type with this id; none for anything else."""
    try:
        return ResourceType.objects.filter(pk=text).first() if text else None
    except forms.ValidationError:
        return None


class EntrustmentInline(TabularInline):
    """Venue admins who act on this resource and everything below it."""

    model = ResourceEntrustment
    verbose_name = "entrusted person"
    verbose_name_plural = "Entrusted to venue admins"
    view_right = add_right = change_right = delete_right = Right.USER_MANAGE
    autocomplete_fields = ("user",)
    fields = ("user",)
    tab = False


@admin.register(Resource)
class ResourceAdmin(ModelAdmin):
    """The tree of everything that can need maintenance."""

    detail_page = "admin:resource_detail"
    view_right, add_right = Right.RESOURCE_VIEW, Right.RESOURCE_ADD
    change_right, delete_right = Right.RESOURCE_CHANGE, Right.RESOURCE_DELETE
    form = ResourceForm
    inlines = (EntrustmentInline,)
    list_display = ("resource", "type", "place", "state", "criticality", "owner")
    more_columns = ("kind", "external_id", "time_zone")
    list_display_links = None
    list_filter = ("status", TypeFilter, "criticality", OwnerFilter, BelowFilter, "kind")
    list_filter_sheet = False
    list_select_related = ("type", "owner", "parent", "parent__parent")
    search_fields = ("name", "code", "external_id")
    search_help_text = "Name, code or number"
    ordering = ("name", "pk")
    autocomplete_fields = ("type", "parent", "owner")
    actions = ("operational", "degraded", "out_of_service", "retired", "export")
    change_form_outer_before_template = "scheduling/resource_form_head.html"
    quick_filters = (
        ("All", ""),
        ("Mine", "owner=me"),
        ("Out of service", "status__exact=out_of_service"),
        ("Degraded", "status__exact=degraded"),
        ("Under maintenance", "status__exact=under_maintenance"),
        ("Critical", "criticality__exact=critical"),
        ("Without owner", "owner=nobody"),
    )
    live = "resource"
    empty_list = {
        "icon": "account_tree",
        "title": "No resource yet",
        "text": "Rooms, venues, vehicles, machines and devices are resources. "
        "Begin with the venue at the top; what stands in it comes below it.",
        "action": "New resource",
    }
    fieldsets = (
        (None, {"fields": (("name", "code"), ("type", "kind"), ("parent", "owner"))}),
        ("Attributes", {"fields": ("attributes",)}),
        (
            "More",
            {
                "fields": (
                    ("status", "criticality"),
                    "description",
                    ("external_id", "time_zone"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown.looked_at_by(request)
        return super().get_queryset(request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """What is retired is neither booked nor maintained any more."""
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        is_chosen_for_use = request.GET.get("model_name") in {"window", "booking", "bookingfeed"}
        return rows.in_service() if is_chosen_for_use else rows, may_repeat

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            zones = [(name, name.replace("_", " ")) for name in zone_names()]
            above = "That of what it is part of"
            return themed_choice([("", above), *zones], label="Time zone")
        if isinstance(db_field, models.JSONField):
            kwargs |= {"form_class": AttributesField, "widget": AttributesWidget}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="resource", ordering="name")
    def resource(self, row: Resource) -> SafeString:
        """Name and code."""
        address = shown.viewer.get().address("admin:resource_detail", row.pk)
        return shown.titled(address, row.name, row.code)

    @admin.display(description="part of", ordering="path")
    def place(self, row: Resource) -> Any:
        """The way down to it: two steps, and dots for what is above."""
        steps = []
        parent = row.parent
        if parent is not None:
            above = parent.parent
            steps = [above.name] if above is not None else []
            if above is not None and above.parent_id is not None:
                steps.insert(0, "…")
            steps.append(parent.name)
        return shown.quiet(" › ".join(steps)) if steps else shown.EMPTY

    @admin.display(description="status", ordering="status")
    def state(self, row: Resource) -> SafeString:
        """By colour, icon and word."""
        return shown.chip(row.get_status_display(), *TONES[row.status])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        now = timezone.now()
        if not change or "parent" in form.changed_data:
            reach.check_place(by, obj.parent)
        if not change:
            resources.create_resource(obj, by=by, now=now)
            return
        concrete = {field.name for field in obj._meta.concrete_fields}
        changes = {name: getattr(obj, name) for name in form.changed_data if name in concrete}
        resources.update_resource(obj, changes, by=by, now=now)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        resources.delete_resource(obj, by=request.user, now=timezone.now())  # type: ignore[arg-type]

    def get_actions(self, request: HttpRequest) -> Any:
        """Resources are retired, not deleted in bulk."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self._to_detail(request, super().response_add(request, obj, post_url_continue), obj)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return self._to_detail(request, super().response_change(request, obj), obj)

    def _to_detail(self, request: HttpRequest, response: HttpResponse, obj: Any) -> HttpResponse:
        if {"_addanother", "_continue", "_popup"} & set(request.POST):
            return response
        return HttpResponseRedirect(reverse("admin:resource_detail", args=[obj.pk]))

    def _set_status(self, request: HttpRequest, queryset: QuerySet[Any], status: str) -> None:
        by: Any = request.user
        now = timezone.now()

        def change(row: Resource) -> None:
            resources.update_resource(row, {"status": status}, by=by, now=now)

        count = self.each(request, queryset[:_MOST_AT_ONCE], change)
        label = Resource.Status(status).label.lower()
        self.message_user(request, f"{count} set to {label}.")

    @admin.action(description="Set to operational", permissions=["change"])
    def operational(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """In working order."""
        self._set_status(request, queryset, "operational")

    @admin.action(description="Set to degraded", permissions=["change"])
    def degraded(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Works, but not as it should."""
        self._set_status(request, queryset, "degraded")

    @admin.action(description="Set to out of service", permissions=["change"])
    def out_of_service(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Does not work."""
        self._set_status(request, queryset, "out_of_service")

    @admin.action(description="Retire: nothing comes due any more", permissions=["change"])
    def retired(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Gone for good, with its history kept."""
        self._set_status(request, queryset, "retired")

    def exported(self, rows: Iterable[Resource]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """As people read them, with name and code apart."""
        heads = ["Code", "Name", "Type", "Part of", "Status", "Criticality", "Owner", "Number"]
        return heads, (
            [
                *(row.code, row.name, row.type or "", row.parent.code if row.parent else ""),
                *(row.get_status_display(), row.get_criticality_display()),
                *(row.owner or "", row.external_id),
            ]
            for row in rows
        )
