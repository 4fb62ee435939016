"""Keys for machines in the console."""

import re
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.rights import Right
from accounts.services import api_keys
from core.admin.base import ModelAdmin

_YEAR = timedelta(days=365)


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Make a key and read its secret once; revoke it when it leaked or is not needed."""

    view_right = Right.API_KEY_MANAGE
    add_right = Right.API_KEY_MANAGE
    list_display = ("name", "user", "scope", "role", "shown_prefix", "expires_at", "state")
    list_filter = ("scope",)
    search_fields = ("name", "prefix")
    ordering = ("-created_at",)
    fields = ("name", "user", "scope", "expires_at")
    actions = ["revoke"]
    empty_list = {
        "icon": "key",
        "title": "No API keys yet",
        "text": "A key lets another system read or change what its person may, until it expires or is revoked.",
        "action": "New API key",
    }

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "expires_at": (timezone.now() + _YEAR).replace(second=0, microsecond=0),
            "user": request.user.pk,
            **super().get_changeform_initial_data(request),
        }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "expires_at":
            pickers = (("date", "%Y-%m-%d"), ("time", "%H:%M"))
            for widget, (kind, pattern) in zip(field.widget.widgets, pickers, strict=True):
                widget.input_type, widget.format = kind, pattern
                widget.attrs["class"] = re.sub(r"v(Date|Time)Field", "", widget.attrs["class"])
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        values = {name: form.cleaned_data[name] for name in self.fields}
        made, secret = api_keys.create_key(**values, by=by, now=timezone.now())
        obj.__dict__.update(made.__dict__)
        self.message_user(
            request,
            f"Copy the key now, it is not shown again: {secret}",
            messages.WARNING,
        )

    @admin.display(description="Begins with")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"msk_{key.prefix}_…"

    @admin.display(description="State")
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "Revoked"
        left = key.user.access_ended_at
        if not key.user.is_active or (left and left >= key.created_at):
            return "Ended with the access of its person"
        return "Expired" if key.expires_at <= timezone.now() else "In use"

    @admin.action(description="Revoke", permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        by: Any = request.user
        now = timezone.now()
        done = self.each(request, queryset, lambda key: api_keys.revoke_key(key, by=by, now=now))
        self.message_user(request, f"Keys revoked: {done}.", messages.SUCCESS)
