"""Chats of the organisation and test messages by API."""

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from notifications.models import ChatRoom
from notifications.services.deliveries import deliver_due
from tests.api import Client
from tests.notifications.receivers import Receiver

pytestmark = pytest.mark.django_db
CHAT = "mmosts://chat.example.org/3ccdd113474722377935511fc85d3dd4"
TEAM = {"name": "Team", "secret_address": CHAT, "least_priority": "urgent"}


def test_a_chat_is_made_changed_and_removed(admin: User, organization: Organization) -> None:
    client = Client(admin)
    made = client.post("chat-rooms", TEAM)
    assert made.status_code == 201
    room = made.json()
    assert (room["service"], room["least_priority"], room["is_active"]) == (
        "Mattermost",
        "urgent",
        True,
    )
    assert (room["latest_state"], "chat.example" in made.content.decode()) == ("", False)
    address = f"chat-rooms/{room['id']}"
    assert client.patch(address, {"least_priority": "high"}).json()["least_priority"] == "high"
    assert client.get("chat-rooms").json()["results"] == [client.get(address).json()]
    assert client.post("chat-rooms", TEAM).status_code in {400, 409}
    wrong = client.patch(address, {"secret_address": "file:///etc/passwd"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["secret_address"])
    with tenant_scope(organization.pk):
        assert ChatRoom.objects.get().secret_address == CHAT
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_a_chat_gets_a_test_message(
    admin: User, organization: Organization, far_side: Receiver
) -> None:
    with tenant_scope(organization.pk):
        room = ChatRoom.objects.create(
            name="Team", secret_address=f"json://{far_side.host}/team", least_priority="high"
        )
    client = Client(admin)
    sent = client.post(f"chat-rooms/{room.pk}/test", {})
    assert (sent.status_code, sent.json()["state"]) == (202, "pending")
    deliver_due(timezone.now())
    assert len(far_side.asked) == 1
    assert client.get(f"chat-rooms/{room.pk}").json()["latest_state"] == "sent"
    client.patch(f"chat-rooms/{room.pk}", {"is_active": False})
    assert client.post(f"chat-rooms/{room.pk}/test", {}).status_code == 400


def test_anybody_tries_their_own_channels(technician: User) -> None:
    client = Client(technician)
    sent = client.post("notification-preferences/test", {"channel": "email"})
    assert (sent.status_code, sent.json()["state"]) == (202, "pending")
    deliver_due(timezone.now())
    (one,) = client.get("notification-preferences/test").json()["results"]
    assert (one["channel"], one["state"], one["problem"]) == ("email", "sent", "")
    missing = client.post("notification-preferences/test", {"channel": "sms"})
    assert (missing.status_code, "channel" in missing.json()) == (400, True)
    assert client.post("notification-preferences/test", {"channel": "owl"}).status_code == 400
