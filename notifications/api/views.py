"""`notifications` and `notification-preferences`: always the caller's own."""

from typing import Any, cast

import django_filters
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from core.api.filters import TenantFilterSet
from core.api.viewsets import GuardedView, ReadOnlyViewSet
from notifications.api.serializers import (
    NotificationSerializer,
    PreferencesSerializer,
    ReadAllSerializer,
    SnoozeSerializer,
    TimesSerializer,
    WaySerializer,
)
from notifications.models import Notification
from notifications.services import attention, inbox, preferences, reaching


class NotificationFilter(TenantFilterSet):
    """`unread=true` leaves out what was read."""

    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["kind", "priority", "object_type", "object_id"]


class NotificationViewSet(ReadOnlyViewSet):
    """The caller's messages, newest first."""

    model = Notification
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    search_fields = ["title", "message"]
    ordering_fields = {"created_at": "created_at"}
    ordering = "-created_at"
    list_values = {name: name for name in NotificationSerializer.Meta.fields}
    rights = dict.fromkeys(
        ("list", "retrieve", "read", "read_all", "acknowledge", "snooze"), Right.NOTIFICATION_VIEW
    )

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, **_: Any) -> Response:
        """Mark one message as read; the first time counts."""
        message = self.get_object()
        try:
            shown = inbox.read(self.by, message.pk, now=timezone.now())
        except Notification.DoesNotExist:
            raise Http404 from None
        return self.answer(shown)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **_: Any) -> Response:
        """Say that you see to it: neither you nor others who were told the same are reminded again."""
        done = attention.acknowledge(self.get_object(), by=self.by, now=timezone.now())
        return self.answer(done)

    @extend_schema(request=SnoozeSerializer, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, **_: Any) -> Response:
        """Put one message off; it is told again at that moment."""
        message = self.get_object()
        parsed = SnoozeSerializer(data=request.data)
        parsed.is_valid(raise_exception=True)
        until = parsed.validated_data["until"]
        done = attention.snooze(message, until, by=self.by, now=timezone.now())
        return self.answer(done)

    @extend_schema(request=None, responses=ReadAllSerializer, filters=False)
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None)
    def read_all(self, request: Request, **_: Any) -> Response:
        """Mark every message as read."""
        return Response({"read": inbox.read_all(self.by, now=timezone.now())})


class PreferencesView(GuardedView):
    """What the caller hears about, per kind and channel."""

    rights = dict.fromkeys(("get", "put"), Right.NOTIFICATION_VIEW)
    serializer_class = PreferencesSerializer

    @extend_schema(responses=PreferencesSerializer)
    def get(self, request: Request) -> Response:
        """The whole matrix, defaults included."""
        return Response(_body(cast(User, request.user)))

    @extend_schema(request=PreferencesSerializer, responses=PreferencesSerializer)
    def put(self, request: Request) -> Response:
        """Choose; what is not named keeps its setting. Answers the whole matrix."""
        parsed = PreferencesSerializer(data=request.data)
        parsed.is_valid(raise_exception=True)
        wishes = {
            (cell["kind"], cell["channel"]): cell["enabled"]
            for cell in parsed.validated_data["preferences"]
        }
        user, now = cast(User, request.user), timezone.now()
        times, addresses = (parsed.validated_data.get(name, {}) for name in ("times", "addresses"))
        with transaction.atomic():
            preferences.choose(user, wishes, by=user, now=now)
            if times or addresses:
                reaching.change(user, {**times, **addresses}, by=user, now=now)
        return Response(_body(user))


def _body(user: User) -> dict[str, Any]:
    cells, chosen = preferences.matrix(user), reaching.of(user)
    return {
        "preferences": [
            {
                "kind": cell.kind.value,
                "channel": cell.channel.value,
                "enabled": cell.enabled,
                "is_default": cell.is_default,
            }
            for cell in cells
        ],
        "times": TimesSerializer(chosen).data,
        "channels": WaySerializer(reaching.standings(user), many=True).data,
    }
