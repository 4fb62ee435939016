"""Resource types in the console."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.rights import Right
from core.admin.base import ModelAdmin
from scheduling.admin.attributes import DeclarationsField, DeclarationsWidget
from scheduling.models import ResourceType
from scheduling.services import resource_types


@admin.register(ResourceType)
class ResourceTypeAdmin(ModelAdmin):
    """Types and the attributes that their resources carry."""

    view_right = Right.RESOURCE_TYPE_VIEW
    add_right = change_right = delete_right = Right.RESOURCE_TYPE_MANAGE
    list_display = ("name", "code", "kind", "attributes")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    ordering = ("name", "pk")
    prepopulated_fields = {"code": ("name",)}
    change_form_outer_before_template = "scheduling/resource_form_head.html"
    empty_list = {
        "icon": "category",
        "title": "No resource type yet",
        "text": "A type gathers like resources, such as lifts or guest rooms. "
        "It declares their attributes, and one schedule can serve them all.",
        "action": "New resource type",
    }
    fieldsets = (
        (None, {"fields": (("name", "code"), "kind")}),
        ("Attributes", {"fields": ("attribute_fields",)}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.JSONField):
            kwargs |= {"form_class": DeclarationsField, "widget": DeclarationsWidget}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look reads the names of the attributes."""
        if self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": (("name", "code"), "kind", "attributes")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if self.has_change_permission(request, obj) else ("attributes",)

    @admin.display(description="attributes")
    def attributes(self, row: ResourceType) -> str:
        """Their names."""
        return ", ".join(field["label"] for field in row.attribute_fields) or "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            resource_types.create_resource_type(obj, by=by, now=timezone.now())
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        resource_types.update_resource_type(obj, changes, by=by, now=timezone.now())
