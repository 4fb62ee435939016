"""People in the console."""

from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.rights import ROLE_RANK, Right, Role, has_right
from accounts.services import passwords, users
from accounts.zones import zone_names, zone_of
from core.admin.base import ModelAdmin
from core.admin.forms import themed_choice
from core.rules.moments import day_and_time

_FIELDS = ("email", "name", "role", "phone", "time_zone", "external_id", "is_active")


@admin.register(User)
class UserAdmin(ModelAdmin):
    """Invite, give roles, end access. People are never removed: what they did keeps their name."""

    _zone: ContextVar[ZoneInfo] = ContextVar("zone of the person who reads the list")
    view_right = Right.USER_VIEW
    add_right = Right.USER_MANAGE
    change_right = Right.USER_MANAGE
    list_display = ("name", "email", "role", "is_active", "signed_in")
    more_columns = ("phone", "time_zone", "external_id")
    list_filter = ("role", "is_active")
    search_fields = ("name", "email")
    ordering = ("name",)
    fields = _FIELDS
    actions = ["invite_again", "end_access", "export"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes people above their own rank."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or _rank(obj) <= _rank(request.user))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """When people signed in or failed to is for those who read the trail, not for every colleague."""
        user: Any = request.user
        if not has_right(user, Right.AUDIT_VIEW):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Who is chosen to look after something must be there to be told."""
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        chooses = request.GET.get("field_name") in {"assigned_to", "owner", "user"}
        return rows.active() if chooses else rows, may_repeat

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return _FIELDS if obj else _FIELDS[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """One's own role and access are somebody else's to change, those and the address of an equal are too."""
        if obj is None:
            return ()
        user: Any = request.user
        if obj.pk == user.pk:
            return ("role", "is_active")
        return tuple(sorted(users.unchangeable(obj, user)))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            choices = [("", "The organisation's"), *((name, name) for name in zone_names())]
            return themed_choice(choices, label="Time zone")
        if db_field.name == "email":
            kwargs["error_messages"] = User.EMAIL_ADVICE
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "role" and isinstance(field, forms.ChoiceField):
            user: Any = request.user
            reach = users.roles_within_reach(user)
            labels = dict(User._meta.get_field("role").choices or [])
            field.choices = [("", "Choose a role"), *((role, labels[role]) for role in reach)]
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            users.create_user(obj, by=by, now=timezone.now())
            self.message_user(request, f"An invitation goes to {obj.email}.")
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        users.change_user(obj, changes, by=by, now=timezone.now())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Remembers whose clock the page shows; one admin object serves all requests of a thread in turn."""
        self._zone.set(zone_of(request.user))
        return super().get_queryset(request)

    @admin.display(description="Last sign-in", ordering="last_login")
    def signed_in(self, user: User) -> str:
        return day_and_time(user.last_login, self._zone.get())

    @admin.action(description="Send the invitation again", permissions=["change"])
    def invite_again(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        chosen = queryset.active()
        done = self.each(request, chosen, lambda user: passwords.send_invitation(user, now=now))
        self.message_user(request, f"Invitations on their way: {done}.", messages.SUCCESS)

    @admin.action(description="End access", permissions=["change"])
    def end_access(self, request: HttpRequest, queryset: Any) -> None:
        by: Any = request.user
        now = timezone.now()
        done = self.each(
            request, queryset.active(), lambda user: users.deactivate_user(user, by=by, now=now)
        )
        self.message_user(request, f"Access ended: {done}.", messages.SUCCESS)

    def get_actions(self, request: HttpRequest) -> Any:
        return super().get_actions(request) if self.has_change_permission(request) else {}


def _rank(user: Any) -> int:
    return ROLE_RANK[Role(user.role)]
