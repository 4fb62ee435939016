"""A small console for the tests of the admin bases."""

from typing import Any

from django.urls import path

from accounts.models import User
from core.admin.base import ModelAdmin, ReadOnlyModelAdmin
from core.errors import Conflict
from core.models import AuditEntry
from maintenance_site.admin_site import ConsoleSite

site = ConsoleSite(name="admin")


class UserAdmin(ModelAdmin):
    view_right = "see"
    add_right = change_right = "edit"
    delete_right = "remove"
    fields = ("email", "name", "role")
    list_display = ("name", "email")
    search_fields = ("name",)

    def delete_model(self, request: Any, obj: Any) -> None:
        if obj.name == "kept":
            raise Conflict("This person is still needed.")
        super().delete_model(request, obj)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if obj.name == "refused":
            raise Conflict("That name is taken by history.", field="name")
        obj.password = obj.password or "!"
        super().save_model(request, obj, form, change)


class AuditAdmin(ReadOnlyModelAdmin):
    view_right = "see"
    list_display = ("action", "object_label")


site.register(User, UserAdmin)
site.register(AuditEntry, AuditAdmin)
urlpatterns = [path("admin/", site.urls)]
