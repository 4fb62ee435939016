"""Messages and preferences by the API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import Channel, Kind, Notification, Preference
from notifications.services import preferences
from tests import factories
from tests.notifications.conftest import check

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]
LIST = "/api/v1/notifications"
PREFERENCES = "/api/v1/notification-preferences"


@pytest.fixture
def told(organization: Organization, technician: User, due_work: Work, now: datetime) -> list[str]:
    """Ids of three messages to the technician: overdue, due today, due tomorrow."""
    for days in (0, 1, -9):
        due_work(days, title=f"Work {days}", assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        return [str(pk) for pk in Notification.objects.order_by("-pk").values_list("pk", flat=True)]


def client(user: User) -> APIClient:
    made = APIClient()
    with tenant_scope(user.organization_id):
        made.force_login(user)
    return made


def test_the_list_holds_the_callers_own(technician: User, owner: User, told: list[str]) -> None:
    body = client(technician).get(LIST).json()
    assert {row["id"] for row in body["results"]} == set(told)
    assert set(body["results"][0]) == {
        "id",
        "kind",
        "priority",
        "title",
        "message",
        "why",
        "object_type",
        "object_id",
        "action_url",
        "read_at",
        "acknowledged_at",
        "snoozed_until",
        "expires_at",
        "created_at",
    }
    assert client(owner).get(LIST).json()["results"] == []


def test_list_and_detail_agree(technician: User, told: list[str]) -> None:
    row = client(technician).get(LIST).json()["results"][0]
    assert client(technician).get(f"{LIST}/{row['id']}").json() == row


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("unread=true", 3),
        ("unread=false", 0),
        ("kind=maintenance_overdue", 1),
        ("kind=maintenance_due&unread=true", 2),
        ("search=Work -9", 1),
    ],
)
def test_filters(technician: User, told: list[str], query: str, count: int) -> None:
    assert len(client(technician).get(f"{LIST}?{query}").json()["results"]) == count


def test_reading_one_counts_once(technician: User, told: list[str]) -> None:
    caller = client(technician)
    first = caller.post(f"{LIST}/{told[0]}/read").json()["read_at"]
    assert first is not None
    assert caller.post(f"{LIST}/{told[0]}/read").json()["read_at"] == first
    assert len(caller.get(f"{LIST}?unread=true").json()["results"]) == 2


def test_reading_all(technician: User, told: list[str]) -> None:
    caller = client(technician)
    assert caller.post(f"{LIST}/read-all").json() == {"read": 3}
    assert caller.post(f"{LIST}/read-all").json() == {"read": 0}


def test_other_peoples_messages_do_not_exist(
    owner: User, stranger: Organization, told: list[str]
) -> None:
    for other in (owner, factories.user(stranger)):
        caller = client(other)
        assert caller.get(f"{LIST}/{told[0]}").status_code == 404
        assert caller.post(f"{LIST}/{told[0]}/read").status_code == 404
        assert caller.post(f"{LIST}/read-all").json() == {"read": 0}
    assert APIClient().get(LIST).status_code == 401


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    technician: User, told: list[str]
) -> None:
    def queries(size: int) -> int:
        caller = client(technician)
        with CaptureQueriesContext(connection) as captured:
            assert len(caller.get(f"{LIST}?page_size={size}").json()["results"]) == size
        return len(captured)

    assert queries(1) == queries(3) == 3  # session, person, messages


def test_preferences_show_defaults_and_keep_choices(technician: User) -> None:
    caller = client(technician)
    cells = caller.get(PREFERENCES).json()["preferences"]
    assert len(cells) == len(Kind) * len(Channel)
    assert all(cell["is_default"] for cell in cells)
    off = {(cell["kind"], cell["channel"]) for cell in cells if not cell["enabled"]}
    usual = {"window_work", "order_to_verify", "system"}
    for channel in ("email", "push", "chat", "browser"):
        assert {kind for kind, by in off if by == channel} == usual
    assert not {kind for kind, by in off if by == "in_app"}
    assert {kind for kind in Kind if (kind, "sms") not in off} == {
        *("maintenance_due", "maintenance_overdue", "safety_report", "order_escalated"),
        *("sla_breach", "sla_escalation", "unacknowledged"),
    }
    wish = {"kind": "maintenance_due", "channel": "email", "enabled": False}
    body = caller.put(PREFERENCES, {"preferences": [wish]}, format="json").json()
    assert {**wish, "is_default": False} in body["preferences"]
    assert caller.get(PREFERENCES).json() == body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"preferences": [{"kind": "gossip", "channel": "email", "enabled": True}]},
        {"preferences": [{"kind": "system", "channel": "pigeon", "enabled": True}]},
        {"preferences": [{"kind": "system", "channel": "email"}]},
        {"preferences": "all"},
    ],
)
def test_wrong_preferences_are_refused(technician: User, body: Any) -> None:
    assert client(technician).put(PREFERENCES, body, format="json").status_code == 400


def test_an_operator_chooses_for_home_wherever_they_work(
    organization: Organization, stranger: Organization, now: datetime
) -> None:
    operator = factories.user(organization, role=Role.SUPER_ADMIN)
    for place, wish in ((stranger, False), (organization, True), (stranger, False)):
        with tenant_scope(place.pk):
            cells = preferences.choose(
                operator, {("issue_found", "email"): wish}, by=operator, now=now
            )
        (cell,) = (c for c in cells if (c.kind, c.channel) == ("issue_found", "email"))
        assert cell.enabled is wish
    with tenant_scope(organization.pk):
        assert Preference.objects.get().enabled is False


def test_times_and_addresses_are_kept_and_addresses_never_shown(technician: User) -> None:
    caller = client(technician)
    body = caller.get(PREFERENCES).json()
    assert body["times"] == {
        "rhythm": "at_once",
        "digest_hour": 7,
        "quiet_from": None,
        "quiet_until": None,
    }
    assert {one["channel"]: one["reaches"] for one in body["channels"]} == {
        "email": True,
        **dict.fromkeys(("sms", "push", "chat", "browser"), False),
    }
    sent = {
        "preferences": [],
        "times": {"quiet_from": "22:00", "quiet_until": "06:30"},
        "addresses": {"push_address": "ntfys://ntfy.sh/secret-topic"},
    }
    answer = caller.put(PREFERENCES, sent, format="json")
    assert answer.json()["times"]["quiet_from"] == "22:00:00"
    [push] = [one for one in answer.json()["channels"] if one["channel"] == "push"]
    assert push == {"channel": "push", "reaches": True, "text": "ntfy"}
    assert b"secret-topic" not in answer.content
    for wrong in (
        {"times": {"quiet_until": None}},
        {"times": {"digest_hour": 24}},
        {"addresses": {"push_address": "syslog://"}},
    ):
        refused = caller.put(PREFERENCES, {"preferences": [], **wrong}, format="json")
        assert refused.status_code in {400, 422}
    assert caller.get(PREFERENCES).json() == answer.json()
