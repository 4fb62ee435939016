"""Chats of the organisation: what they hear, and who may set them up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.models import ChatRoom, Delivery, Notification
from notifications.services import rooms
from notifications.services.deliveries import deliver_due
from tests import factories
from tests.notifications.conftest import check
from tests.notifications.receivers import Receiver
from tests.notifications.test_pages import browser, text

pytestmark = pytest.mark.django_db
Tell = Callable[..., Notification]
SOON = rooms.COLLECT_FOR
LIST = "/admin/notifications/chatroom/"
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.fixture
def room(organization: Organization, far_side: Receiver) -> ChatRoom:
    with tenant_scope(organization.pk):
        made: ChatRoom = ChatRoom.objects.create(
            name="Team", secret_address=f"json://{far_side.host}/team", least_priority="high"
        )
    return made


def test_a_room_hears_each_fact_once_from_its_priority_on(
    room: ChatRoom,
    technician: User,
    owner: User,
    tell_one: Tell,
    far_side: Receiver,
    now: datetime,
) -> None:
    for person in (technician, owner):
        tell_one(person, "safety_report:1", action_url="/admin/messages/to/report/1/")
    tell_one(technician, "quiet", priority="normal", title="Nothing special")
    tell_one(technician, "loud", priority="high", title="Pump fails")
    deliver_due(now + SOON)
    [asked] = far_side.asked
    message = asked.json["message"]
    assert message.count("Gas smell in room 12") == 1
    assert "http://localhost:8000/admin/messages/to/report/1/" in message
    assert "Pump fails" in message
    assert "Nothing special" not in message
    assert "Why here: this room hears of everything from priority “high” on." in message
    assert "/m/" not in message  # the link by which a person takes it up is for that person


def test_due_work_is_one_message(
    room: ChatRoom,
    organization: Organization,
    technician: User,
    due_work: Callable[..., Any],
    far_side: Receiver,
    now: datetime,
) -> None:
    for number in range(12):
        due_work(-9, title=f"Late {number}", assigned_to=technician)
    check(organization, now)
    deliver_due(now + SOON)
    [asked] = far_side.asked
    assert asked.json["title"] == "Maintenance: 12 overdue"
    assert "… and 2 more" in asked.json["message"]


def test_a_room_that_is_switched_off_hears_nothing(
    room: ChatRoom, technician: User, tell_one: Tell, far_side: Receiver, now: datetime
) -> None:
    tell_one(technician)
    with tenant_scope(room.organization_id):
        ChatRoom.objects.update(is_active=False)
    tell_one(technician, "safety_report:2")
    assert deliver_due(now + SOON)["dropped"] == 1
    assert far_side.asked == []
    with tenant_scope(room.organization_id), pytest.raises(Invalid):
        rooms.send_one(ChatRoom.objects.get(), now=now)


def test_rooms_of_others_hear_nothing(
    room: ChatRoom, stranger: Organization, far_side: Receiver, tell_one: Tell, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        ChatRoom.objects.create(name="Team", secret_address=f"json://{far_side.host}/stranger")
    tell_one(factories.user(room.organization))
    deliver_due(now + timedelta(hours=1))
    assert {asked.path for asked in far_side.asked} == {"/team"}


def test_administrators_set_rooms_up(
    admin: User, technician: User, far_side: Receiver, now: datetime, settings: Any
) -> None:
    settings.CHANNELS_PRIVATE = False
    caller = browser(admin)
    assert "No chat room yet" in text(caller.get(LIST))
    values = {"name": "Team", "least_priority": "urgent", "is_active": "on"}
    for address in ("syslog://", "json://127.0.0.1/x", SLACK + "?template=/etc/passwd"):
        page = text(caller.post(f"{LIST}add/", {**values, "secret_address": address}))
        assert "errorlist" in page or "border-red" in page
    caller.post(f"{LIST}add/", {**values, "secret_address": SLACK})
    with tenant_scope(admin.organization_id):
        made = ChatRoom.objects.get()
        ChatRoom.objects.update(secret_address=f"json://{far_side.host}/team")
    assert made.secret_address == SLACK
    settings.CHANNELS_PRIVATE = True
    far_side.status = 404
    chosen = {"action": "send_one", "_selected_action": [str(made.pk)]}
    assert "On their way: 1." in text(caller.post(LIST, chosen, follow=True))
    deliver_due(now.replace(year=2100))
    page = text(caller.get(LIST))
    assert "The service refused the message (it answered 404)." in page
    assert far_side.host not in page
    assert "Team" in text(caller.get("/admin/notifications/delivery/"))
    assert browser(technician).get(LIST).status_code == 403
    with tenant_scope(admin.organization_id):
        assert Delivery.objects.get().state == "failed"


def test_a_room_that_heard_something_is_removed(
    room: ChatRoom, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        rooms.send_one(room, now=now)
    deleted = browser(admin).post(f"{LIST}{room.pk}/delete/", {"post": "yes"})
    assert deleted.status_code == 302
    with tenant_scope(organization.pk):
        assert not ChatRoom.objects.exists()
