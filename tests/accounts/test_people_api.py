"""People, organisations, working hours and the trail, through the API."""

from collections.abc import Callable

import pytest

from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client

UserWith = Callable[[Role], User]


def test_a_new_person_is_invited_by_mail(admin: User) -> None:
    body = {"name": "Nora", "email": "Nora@Example.org", "role": "technician"}
    answer = Client(admin).post("users", body)
    assert answer.status_code == 201
    assert answer.json()["email"] == "nora@example.org"
    assert "password" not in answer.json()
    with tenant_scope(admin.organization_id):
        mail = OutboxEvent.objects.get(name="accounts.mail.requested").payload
        nora = User.objects.get(email="nora@example.org")
        assert not nora.has_usable_password()
    assert mail == {"user_id": str(nora.pk), "letter": "invitation"}


def test_wrong_input_is_answered_by_field(admin: User) -> None:
    body = {"name": "", "email": "no address", "role": "king", "time_zone": "Mars/Base"}
    answer = Client(admin).post("users", body)
    assert answer.status_code == 400
    assert {"name", "email", "role", "time_zone"} <= set(answer.json())
    weak = {"name": "x", "email": "x@example.org", "role": "technician", "password": "123"}
    assert list(Client(admin).post("users", weak).json()) == ["password"]
    again = {"name": "x", "email": admin.email, "role": "technician"}
    assert Client(admin).post("users", again).status_code in {400, 409}


def test_nobody_reaches_above_their_rank(admin: User, user_with: UserWith) -> None:
    chief, helper = user_with(Role.EXECUTIVE_ADMIN), user_with(Role.TECHNICIAN)
    client = Client(admin)
    body = {"name": "x", "email": "x@example.org", "role": "executive_admin"}
    assert client.post("users", body).status_code == 403
    assert client.patch(f"users/{helper.pk}", {"role": "super_admin"}).status_code == 403
    assert client.patch(f"users/{chief.pk}", {"name": "Lowered"}).status_code == 403
    assert client.delete(f"users/{chief.pk}").status_code == 403
    assert client.patch(f"users/{helper.pk}", {"role": "admin"}).status_code == 200


def test_the_address_of_an_equal_is_not_for_taking(admin: User, user_with: UserWith) -> None:
    """Whoever receives somebody's mail can choose their password."""
    peer, helper = user_with(Role.ADMIN), user_with(Role.TECHNICIAN)
    chief = Client(user_with(Role.EXECUTIVE_ADMIN))
    taken = {"email": "taken@example.org"}
    refused = Client(admin).patch(f"users/{peer.pk}", taken)
    assert (refused.status_code, refused.json()["code"]) == (403, "equal_rank")
    own = {"email": peer.email, "phone": "030 1"}
    assert Client(admin).patch(f"users/{peer.pk}", own).status_code == 200
    assert Client(admin).patch(f"users/{helper.pk}", taken).status_code == 200
    assert Client(admin).patch(f"users/{admin.pk}", {"email": "me@example.org"}).status_code == 200
    assert chief.patch(f"users/{peer.pk}", {"email": "peer@example.org"}).status_code == 200


@pytest.mark.parametrize("change", [{"role": "technician"}, {"role": "executive_admin"}])
def test_nobody_lowers_an_equal_to_act_and_raise_them_again(
    user_with: UserWith, change: dict[str, str]
) -> None:
    for rank in (Role.ADMIN, Role.EXECUTIVE_ADMIN):
        caller, peer = Client(user_with(rank)), user_with(rank)
        refused = caller.patch(f"users/{peer.pk}", change)
        if change["role"] == rank:
            assert refused.status_code == 200
        else:
            assert (refused.status_code, refused.json()["code"][-4:]) == (403, "rank")


def test_who_ends_and_gives_back_the_access_of_an_equal(user_with: UserWith) -> None:
    for rank, status in ((Role.ADMIN, 403), (Role.EXECUTIVE_ADMIN, 204)):
        caller, peer = Client(user_with(rank)), user_with(rank)
        assert caller.delete(f"users/{peer.pk}").status_code == status
        with tenant_scope(peer.organization_id):
            User.objects.filter(pk=peer.pk).update(is_active=False)
        back = caller.patch(f"users/{peer.pk}", {"is_active": True})
        assert back.status_code == (403 if status == 403 else 200)
    chief, lowered = Client(user_with(Role.EXECUTIVE_ADMIN)), user_with(Role.ADMIN)
    assert chief.patch(f"users/{lowered.pk}", {"role": "technician"}).status_code == 200
    operator = Client(user_with(Role.SUPER_ADMIN))
    above = user_with(Role.EXECUTIVE_ADMIN)
    assert operator.patch(f"users/{above.pk}", {"role": "technician"}).status_code == 200


def test_own_access_and_the_last_administrator_stay(admin: User, user_with: UserWith) -> None:
    assert Client(admin).delete(f"users/{admin.pk}").json()["code"] == "own_access"
    assert Client(admin).patch(f"users/{admin.pk}", {"role": "technician"}).status_code == 409
    operator = user_with(Role.SUPER_ADMIN)
    with tenant_scope(admin.organization_id):
        User.objects.filter(pk=operator.pk).update(is_active=True)
    assert Client(operator).delete(f"users/{admin.pk}").status_code == 204


def test_the_last_administrator_cannot_be_sent_away_by_an_operator_from_elsewhere(
    admin: User, stranger: Organization
) -> None:
    operator = factories.user(stranger, role=Role.SUPER_ADMIN)
    answer = Client(operator).delete(
        f"users/{admin.pk}", headers={"X-Organization": admin.organization.slug}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")


def test_settings_of_the_organisation(admin: User, user_with: UserWith) -> None:
    client = Client(admin)
    before = client.get("organization")
    changed = client.patch(
        "organization",
        {"time_zone": "Asia/Tokyo", "check_hour": 5, "plan": "premium"},
        headers={"If-Match": before["ETag"]},
    )
    assert changed.status_code == 200
    assert (changed.json()["time_zone"], changed.json()["plan"]) == ("Asia/Tokyo", "standard")
    stale = client.patch("organization", {"name": "x"}, headers={"If-Match": before["ETag"]})
    assert stale.status_code == 412
    with tenant_scope(admin.organization_id):
        event = OutboxEvent.objects.get(name="accounts.organization.changed")
    assert event.payload["changed"] == ["time_zone", "check_hour"]
    wrong = client.patch("organization", {"check_hour": 24, "currency": "euro"})
    assert set(wrong.json()) == {"check_hour", "currency"}
    assert Client(user_with(Role.TECHNICIAN)).get("organization").status_code == 403


def test_the_week(admin: User) -> None:
    client = Client(admin)
    morning = {"weekday": 0, "opens_at": "08:00", "closes_at": "12:00"}
    body = {"name": "Week", "hours": [morning]}
    made = client.post("working-calendars", body)
    assert made.status_code == 201
    assert made.json()["is_default"] is True
    assert made.json()["hours"] == [{"weekday": 0, "opens_at": "08:00:00", "closes_at": "12:00:00"}]
    address = f"working-calendars/{made.json()['id']}"
    overlap = {"hours": [morning, {**morning, "opens_at": "11:00", "closes_at": "15:00"}]}
    assert list(client.patch(address, overlap).json()) == ["hours"]
    assert client.patch(address, {"is_default": False}).status_code == 409
    assert client.delete(address).status_code == 409
    second = client.post("working-calendars", {"name": "Nights", "is_default": True})
    assert second.json()["is_default"] is True
    assert client.get(address).json()["is_default"] is False
    assert client.delete(address).status_code == 204
    with tenant_scope(admin.organization_id):
        assert WorkingCalendar.objects.count() == 1


def test_the_trail_tells_who_changed_what(admin: User, user_with: UserWith) -> None:
    helper = user_with(Role.TECHNICIAN)
    client = Client(admin)
    client.patch(f"users/{helper.pk}", {"phone": "030 1"})
    rows = client.get("audit-entries", {"object_id": str(helper.pk)}).json()["results"]
    assert [row["action"] for row in rows] == ["update"]
    assert rows[0]["changes"] == {"phone": ["", "030 1"]}
    assert rows[0]["actor_label"] == admin.name
    one = client.get(f"audit-entries/{rows[0]['id']}").json()
    assert one == rows[0]
    assert client.get("audit-entries", {"since": "nonsense"}).status_code == 400


def test_a_refusal_is_in_the_trail_once_a_minute(admin: User, user_with: UserWith) -> None:
    helper = Client(user_with(Role.REQUESTER))
    for _ in range(3):
        assert helper.get("users").status_code == 403
    rows = Client(admin).get("audit-entries", {"action": "refused"}).json()["results"]
    assert [row["object_label"] for row in rows] == ["GET /api/v1/users"]


def test_a_profile_is_not_overwritten_unknowingly(admin: User) -> None:
    client = Client(admin)
    version = {"If-Match": client.get("me")["ETag"]}
    assert client.patch("me", {"phone": "1"}, headers=version).status_code == 200
    assert client.patch("me", {"phone": "2"}, headers=version).status_code == 412
    assert client.get("me").json()["phone"] == "1"


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_and_changes_their_own_profile(user_with: UserWith, role: Role) -> None:
    client = Client(user_with(role))
    answer = client.patch("me", {"time_zone": "Europe/Paris", "role": "super_admin"})
    assert answer.status_code == 200
    assert (answer.json()["time_zone"], answer.json()["role"]) == ("Europe/Paris", role)
    assert client.get("roles").status_code == 200
