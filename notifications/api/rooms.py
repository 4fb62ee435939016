"""Chats of the organisation that hear what happens in it."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.serializers import TenantSerializer
from core.api.viewsets import CrudViewSet
from notifications.api.trials import TrialRead
from notifications.models import ChatRoom
from notifications.rules import service_addresses
from notifications.rules.error_words import in_words
from notifications.services import rooms

_OWN = ["name", "least_priority", "is_active"]


class ChatRoomRead(TenantSerializer):
    """A chat without its address, and how its last message stands: `latest_state` is empty before the first one."""

    service = serializers.SerializerMethodField(help_text="Such as Slack.")
    latest_state = serializers.CharField(read_only=True)
    latest_problem = serializers.SerializerMethodField()

    class Meta:
        model = ChatRoom
        fields = [
            *("id", *_OWN, "service", "latest_state", "latest_problem"),
            *("created_at", "updated_at"),
        ]
        read_only_fields = fields

    def get_service(self, room: ChatRoom) -> str:
        return service_addresses.name_of(room.secret_address, service_addresses.CHAT)

    def get_latest_problem(self, room: Any) -> str:
        return in_words(room.latest_error)


class ChatRoomInput(TenantSerializer):
    """`secret_address` as Apprise writes it, or as the service shows it; it is kept sealed and never shown."""

    secret_address = serializers.CharField(max_length=500, write_only=True)

    class Meta:
        model = ChatRoom
        fields = [*_OWN, "secret_address"]


class ChatRoomViewSet(CrudViewSet):
    """Chats that hear once of everything that somebody is told from a priority on."""

    model = ChatRoom
    serializer_class = ChatRoomRead
    input_serializer_class = ChatRoomInput
    filterset_fields: ClassVar[Any] = ["is_active"]
    search_fields = ["name"]
    ordering_fields: ClassVar[Any] = {"created_at": "created_at", "name": "name"}
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.ORGANIZATION_VIEW),
        **dict.fromkeys(
            ("create", "update", "partial_update", "destroy", "test"), Right.ORGANIZATION_MANAGE
        ),
    }

    def _visible(self, rows: Any) -> Any:
        return rooms.with_latest(super()._visible(rows))

    def shown(self, row: ChatRoom) -> Any:
        return self.get_queryset().get(pk=row.pk)

    def create_row(self, values: dict[str, Any]) -> ChatRoom:
        return rooms.create(ChatRoom(**values), by=self.by, now=timezone.now())

    def update_row(self, row: ChatRoom, values: dict[str, Any]) -> ChatRoom:
        return rooms.change(row, values, by=self.by, now=timezone.now())

    @extend_schema(request=None, responses={202: TrialRead})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Put a test message on its way; `latest_state` of the chat shows how it went."""
        sent = rooms.send_one(self.get_object(), now=timezone.now())
        return Response(TrialRead(sent).data, status=status.HTTP_202_ACCEPTED)
