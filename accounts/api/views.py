"""People, working hours, keys and the audit trail."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import filters, serializers
from accounts.models import ApiKey, User, WorkingCalendar
from accounts.rights import Right
from accounts.services import api_keys, calendars, users
from core.api.viewsets import CrudViewSet, ReadOnlyViewSet
from core.models import AuditEntry


class UserViewSet(CrudViewSet):
    """People of the organisation. DELETE ends their access; what they did keeps their name."""

    model = User
    rights = {
        "list": Right.USER_VIEW,
        "retrieve": Right.USER_VIEW,
        "create": Right.USER_MANAGE,
        "update": Right.USER_MANAGE,
        "partial_update": Right.USER_MANAGE,
        "destroy": Right.USER_MANAGE,
    }
    serializer_class = serializers.UserSerializer
    input_serializer_class = serializers.UserChange
    action_serializers = {"create": serializers.UserInput}
    list_values = {name: name for name in serializers.UserSerializer.Meta.fields}
    filterset_fields = ["email", "role", "is_active", "external_id"]
    search_fields = ["name", "email"]
    ordering_fields = {"name": "name", "email": "email", "created_at": "created_at"}
    ordering = "name"

    def create_row(self, values: dict[str, Any]) -> User:
        password = values.pop("password", None)
        return users.create_user(User(**values), password=password, by=self.by, now=timezone.now())

    def update_row(self, row: User, values: dict[str, Any]) -> User:
        return users.change_user(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: User) -> None:
        users.deactivate_user(row, by=self.by, now=timezone.now())


class WorkingCalendarViewSet(CrudViewSet):
    """Named weeks of working hours; one is the default."""

    model = WorkingCalendar
    rights = {
        "list": Right.ORGANIZATION_VIEW,
        "retrieve": Right.ORGANIZATION_VIEW,
        "create": Right.ORGANIZATION_MANAGE,
        "update": Right.ORGANIZATION_MANAGE,
        "partial_update": Right.ORGANIZATION_MANAGE,
        "destroy": Right.ORGANIZATION_MANAGE,
    }
    serializer_class = serializers.CalendarSerializer
    input_serializer_class = serializers.CalendarInput
    ordering_fields = {"name": "name", "created_at": "created_at"}
    ordering = "name"
    filterset_fields = ["name", "is_default"]

    def get_queryset(self) -> Any:
        return super().get_queryset().prefetch_related("hours", "closed_days")

    def create_row(self, values: dict[str, Any]) -> WorkingCalendar:
        hours, closed = values.pop("hours", []), values.pop("closed_days", [])
        calendar = WorkingCalendar(**values)
        calendars.create_calendar(calendar, hours, closed, by=self.by, now=timezone.now())
        return self._again(calendar)

    def update_row(self, row: WorkingCalendar, values: dict[str, Any]) -> WorkingCalendar:
        hours, closed = values.pop("hours", None), values.pop("closed_days", None)
        calendars.change_calendar(row, values, hours, closed, by=self.by, now=timezone.now())
        return self._again(row)

    def delete_row(self, row: WorkingCalendar) -> None:
        calendars.delete_calendar(row, by=self.by, now=timezone.now())

    def _again(self, calendar: WorkingCalendar) -> WorkingCalendar:
        """With the hours as they are now."""
        found: WorkingCalendar = self.get_queryset().get(pk=calendar.pk)
        return found


class ApiKeyViewSet(CrudViewSet):
    """Keys for machines. The secret is in the answer to POST and nowhere else; DELETE revokes."""

    model = ApiKey
    rights = {
        action: Right.API_KEY_MANAGE
        for action in ("list", "retrieve", "create", "update", "partial_update", "destroy")
    }
    serializer_class = serializers.ApiKeySerializer
    input_serializer_class = serializers.ApiKeyName
    action_serializers = {"create": serializers.ApiKeyInput}
    ordering_fields = {"name": "name", "created_at": "created_at", "expires_at": "expires_at"}
    filterset_fields = ["user", "scope"]
    search_fields = ["name"]

    @extend_schema(responses={201: serializers.ApiKeyCreated})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        values = {"user": self.by, "scope": ApiKey.Scope.READ, **self.parsed()}
        key, secret = api_keys.create_key(**values, by=self.by, now=timezone.now())
        response = self.answer(key, code=status.HTTP_201_CREATED)
        response.data = {**response.data, "secret": secret}
        response["Cache-Control"] = "no-store"
        return response

    def remembered(self, data: Any) -> Any:
        """The secret is shown once; a repeated POST gets null in its place."""
        return {**data, "secret": None} if isinstance(data, dict) and "secret" in data else data

    def delete_row(self, row: ApiKey) -> None:
        api_keys.revoke_key(row, by=self.by, now=timezone.now())


class AuditEntryViewSet(ReadOnlyViewSet):
    """Who did what, newest first."""

    model = AuditEntry
    rights = {"list": Right.AUDIT_VIEW, "retrieve": Right.AUDIT_VIEW}
    serializer_class = serializers.AuditSerializer
    list_values = {name: name for name in serializers.AuditSerializer.Meta.fields}
    filterset_class = filters.AuditFilter
    search_fields = ["object_label", "actor_label"]
    ordering_fields = {"at": "at"}
    ordering = "-at"
