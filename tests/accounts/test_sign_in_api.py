"""Tokens and keys, through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import RIGHTS, Role
from accounts.services import api_keys, users
from core.models import AuditEntry
from core.tenancy import all_tenants, tenant_scope
from tests import factories
from tests.api import Client

UserWith = Callable[[Role], User]


SOON = (timezone.now() + timedelta(days=365)).isoformat()


def pair(email: str, password: str = factories.PASSWORD) -> Any:
    return Client().post("auth/token", {"email": email, "password": password})


def bearer(access: str) -> Client:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def actions() -> list[str]:
    with all_tenants(reason="test"):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_token_opens_the_api(admin: User) -> None:
    answer = pair(admin.email.upper())
    assert answer.status_code == 200
    me = bearer(answer.json()["access"]).get("me").json()
    assert me["email"] == admin.email
    assert "user_manage" in me["rights"]
    assert me["organization"]["slug"] == admin.organization.slug
    assert actions() == ["sign_in"]


@pytest.mark.parametrize("email", ["known", "nobody@example.org"])
def test_wrong_credentials_look_the_same_for_known_and_unknown(admin: User, email: str) -> None:
    answer = pair(admin.email if email == "known" else email, "wrong")
    assert answer.status_code == 401
    assert answer.json() == {
        "detail": "The e-mail address or the password is wrong.",
        "code": "wrong_credentials",
    }
    assert actions() == ["sign_in_failed"]


@override_settings(SIGN_IN_ATTEMPTS=3)
def test_guessing_ends_after_the_allowed_attempts(admin: User) -> None:
    assert [pair(admin.email, "wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
    refused = pair(admin.email)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 60
    assert pair("else@example.org", "wrong").status_code == 401


@override_settings(SIGN_IN_ATTEMPTS=1)
def test_guessing_at_many_addresses_ends_too(admin: User) -> None:
    for _ in range(6):
        assert pair(admin.email).status_code == 200  # successes of a house with many people
    tried = [pair(f"nobody{number}@example.org", "wrong").status_code for number in range(6)]
    assert tried == [401] * 5 + [429]
    assert pair(admin.email).status_code == 429
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    body = {"email": admin.email, "password": factories.PASSWORD}
    assert elsewhere.post("auth/token", body).status_code == 200


def test_a_token_ends_with_its_day_although_it_was_used_before(admin: User) -> None:
    client = Client(admin)
    assert client.get("me").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert client.get("me").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        answer = client.get("me")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


def test_a_token_with_another_signature_opens_nothing(admin: User) -> None:
    given = pair(admin.email).json()
    assert bearer(given["access"]).get("me").status_code == 200
    for wrong in (given["access"][:-4] + "AAAA", given["access"] + "A", given["refresh"]):
        assert bearer(wrong).get("me").status_code == 401


def test_a_refresh_token_works_once(admin: User) -> None:
    first = pair(admin.email).json()
    second = Client().post("auth/token/refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert bearer(second.json()["access"]).get("me").status_code == 200
    again = Client().post("auth/token/refresh", {"refresh": first["refresh"]})
    assert again.status_code == 401
    assert Client().post("auth/token/refresh", {"refresh": "nonsense"}).status_code == 401


def test_a_refresh_token_used_twice_ends_its_sign_in_and_no_other(admin: User) -> None:
    first, other = pair(admin.email).json(), pair(admin.email).json()
    second = Client().post("auth/token/refresh", {"refresh": first["refresh"]}).json()
    assert bearer(second["access"]).get("me").status_code == 200
    again = Client().post("auth/token/refresh", {"refresh": first["refresh"]})
    assert (again.status_code, again.json()["code"]) == (401, "token_not_valid")
    for access in (first["access"], second["access"]):
        assert bearer(access).get("me").status_code == 401
    assert Client().post("auth/token/refresh", {"refresh": second["refresh"]}).status_code == 401
    assert bearer(other["access"]).get("me").status_code == 200


def test_revoking_ends_every_token_of_the_sign_in_and_no_other(admin: User) -> None:
    ended, other = pair(admin.email).json(), pair(admin.email).json()
    newer = Client().post("auth/token/refresh", {"refresh": ended["refresh"]}).json()
    assert Client().post("auth/token/revoke", {"refresh": newer["refresh"]}).status_code == 204
    for access in (ended["access"], newer["access"]):
        assert bearer(access).get("me").status_code == 401
    assert Client().post("auth/token/refresh", {"refresh": newer["refresh"]}).status_code == 401
    assert bearer(other["access"]).get("me").status_code == 200
    assert actions()[-1] == "sign_out"


def test_a_new_password_ends_all_tokens(admin: User) -> None:
    tokens = pair(admin.email).json()
    client = bearer(tokens["access"])
    wrong = client.post("me/password", {"current": "wrong", "new": "tulips in the rain"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["current"])
    weak = client.post("me/password", {"current": factories.PASSWORD, "new": "12345"})
    assert (weak.status_code, list(weak.json())) == (400, ["new"])
    body = {"current": factories.PASSWORD, "new": "tulips in the rain"}
    assert client.post("me/password", body).status_code == 204
    assert client.get("me").status_code == 401
    refreshed = Client().post("auth/token/refresh", {"refresh": tokens["refresh"]})
    assert refreshed.status_code == 401
    assert pair(admin.email, "tulips in the rain").status_code == 200


def test_who_has_left_is_out_at_once(admin: User, user_with: UserWith) -> None:
    leaver = user_with(Role.TECHNICIAN)
    client = Client(leaver)
    assert client.get("me").status_code == 200
    with tenant_scope(leaver.organization_id):
        users.deactivate_user(leaver, by=admin, now=timezone.now())
    assert client.get("me").status_code == 401


def test_tokens_do_not_come_back_with_the_access(admin: User, user_with: UserWith) -> None:
    leaver = user_with(Role.TECHNICIAN)
    old, manager = pair(leaver.email).json(), Client(admin)
    assert manager.delete(f"users/{leaver.pk}").status_code == 204
    assert manager.patch(f"users/{leaver.pk}", {"is_active": True}).status_code == 200
    assert bearer(old["access"]).get("me").status_code == 401
    assert Client().post("auth/token/refresh", {"refresh": old["refresh"]}).status_code == 401
    assert bearer(pair(leaver.email).json()["access"]).get("me").status_code == 200


def key_for(admin: User, **values: Any) -> dict[str, Any]:
    body = {
        "name": "Booking system",
        "expires_at": (timezone.now() + timedelta(days=30)).isoformat(),
        **values,
    }
    answer = Client(admin).post("api-keys", body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def with_key(secret: str) -> Client:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


def test_a_key_shows_its_secret_once_and_acts_within_its_scope(admin: User) -> None:
    reader, writer = key_for(admin), key_for(admin, scope="write")
    body = {"name": "Someone", "email": "someone@example.org", "role": "technician"}
    assert with_key(reader["secret"]).get("me").json()["email"] == admin.email
    refused = with_key(reader["secret"]).post("users", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only_key")
    assert with_key(writer["secret"]).post("users", body).status_code == 201
    shown = Client(admin).get(f"api-keys/{reader['id']}").json()
    assert "secret" not in shown
    assert shown["prefix"] in reader["secret"]


def test_a_key_makes_neither_keys_nor_people_of_its_rank(admin: User, user_with: Any) -> None:
    writer = with_key(key_for(admin, scope="write")["secret"])
    end = (timezone.now() + timedelta(days=30)).isoformat()
    refused = writer.post("api-keys", {"name": "Heir", "scope": "write", "expires_at": end})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "A key cannot make keys. Sign in as a person."
    body = {"name": "Heir", "email": "heir@example.org", "role": "admin"}
    assert writer.post("users", body).json()["code"] == "key_rank"
    helper = user_with(Role.TECHNICIAN)
    raised = writer.patch(f"users/{helper.pk}", {"role": "admin"})
    assert (raised.status_code, raised.json()["code"]) == (403, "key_rank")
    assert writer.patch(f"users/{helper.pk}", {"role": "requester"}).status_code == 200


def test_a_key_lasts_two_years_at_most(admin: User) -> None:
    body = {"name": "Robot", "expires_at": (timezone.now() + timedelta(days=740)).isoformat()}
    answer = Client(admin).post("api-keys", body)
    assert answer.status_code == 400
    assert answer.json() == {"expires_at": ["A key may last two years at most."]}
    body["expires_at"] = (timezone.now() + timedelta(days=730)).isoformat()
    assert Client(admin).post("api-keys", body).status_code == 201


def test_a_key_ends_by_revocation_and_by_time(admin: User) -> None:
    key = key_for(admin)
    assert Client(admin).delete(f"api-keys/{key['id']}").status_code == 204
    assert with_key(key["secret"]).get("me").status_code == 401
    assert Client(admin).delete(f"api-keys/{key['id']}").status_code == 409
    with tenant_scope(admin.organization_id):
        past = timezone.now() - timedelta(days=2)
        _, secret = api_keys.create_key(
            name="Old",
            user=admin,
            scope="read",
            expires_at=past + timedelta(days=1),
            by=admin,
            now=past,
        )
    assert with_key(secret).get("me").status_code == 401
    for nonsense in ("", "msk", "msk_1_2", "msk_é_ü", "x" * 5000):
        assert with_key(nonsense).get("me").status_code == 401


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.EXECUTIVE_ADMIN, 403), (Role.ADMIN, 403), (Role.VENUE_ADMIN, 201)],
)
def test_keys_act_only_for_oneself_and_people_of_lower_rank(
    admin: User, user_with: UserWith, role: Role, status: int
) -> None:
    body = {"name": "x", "user": str(user_with(role).pk), "expires_at": SOON}
    assert Client(admin).post("api-keys", body).status_code == status


def test_a_key_neither_rises_with_its_person_nor_keeps_what_they_lost(
    admin: User, user_with: UserWith
) -> None:
    clerk, manager = user_with(Role.VENUE_ADMIN), Client(user_with(Role.EXECUTIVE_ADMIN))
    key = key_for(admin, user=str(clerk.pk), scope="write")
    assert key["role"] == "venue_admin"

    def rights_with(role: str) -> set[str]:
        assert manager.patch(f"users/{clerk.pk}", {"role": role}).status_code == 200
        return set(with_key(key["secret"]).get("me").json()["rights"])

    at_first = rights_with("venue_admin")
    assert rights_with("technician") == RIGHTS[Role.TECHNICIAN] < at_first
    assert rights_with("executive_admin") == at_first
    with_own = Client(clerk).get("me").json()["rights"]
    assert "user_manage" in with_own
    body = {"name": "x", "email": "x@example.org", "role": "requester"}
    assert with_key(key["secret"]).post("users", body).status_code == 403


def test_a_key_ends_with_the_access_of_its_person(admin: User, user_with: UserWith) -> None:
    clerk, manager = user_with(Role.TECHNICIAN), Client(admin)
    key = key_for(admin, user=str(clerk.pk))
    assert with_key(key["secret"]).get("me").status_code == 200
    assert manager.delete(f"users/{clerk.pk}").status_code == 204
    assert with_key(key["secret"]).get("me").status_code == 401
    assert manager.patch(f"users/{clerk.pk}", {"is_active": True}).status_code == 200
    assert with_key(key["secret"]).get("me").status_code == 401
    again = key_for(admin, user=str(clerk.pk))
    assert with_key(again["secret"]).get("me").status_code == 200


def test_the_trail_names_the_key_that_acted(admin: User, user_with: UserWith) -> None:
    helper = user_with(Role.TECHNICIAN)
    key = key_for(admin, scope="write")
    with_key(key["secret"]).patch(f"users/{helper.pk}", {"phone": "030 1"})
    [row] = Client(admin).get("audit-entries", {"object_id": str(helper.pk)}).json()["results"]
    assert row["actor_label"] == f"{admin.name}, by key Booking system ({key['prefix']}…)"


def test_a_repeated_post_does_not_show_the_secret_again(admin: User) -> None:
    body = {"name": "x", "expires_at": SOON}
    first, second = (
        Client(admin).post("api-keys", body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert first.json()["secret"]
    assert second.json() == {**first.json(), "secret": None}


def test_a_platform_operator_works_elsewhere_by_header(
    user_with: UserWith, stranger: Organization, admin: User
) -> None:
    operator = user_with(Role.SUPER_ADMIN)
    with tenant_scope(stranger.pk):
        theirs = factories.user(stranger, name="Their own")
    there = Client(operator).get("users", headers={"X-Organization": stranger.slug}).json()
    assert [row["id"] for row in there["results"]] == [str(theirs.pk)]
    here = Client(operator).get("users").json()
    assert str(theirs.pk) not in [row["id"] for row in here["results"]]
    for user, slug in ((operator, "unknown"), (admin, stranger.slug)):
        refused = Client(user).get("users", headers={"X-Organization": slug})
        assert refused.status_code == 404
    own = Client(admin).get("users", headers={"X-Organization": admin.organization.slug})
    assert own.status_code == 200


def test_the_console_session_opens_the_api_with_its_csrf_check(admin: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.get("me").status_code == 200
    assert client.patch("me", {"phone": "1"}).status_code == 403


def test_nobody_without_sign_in(db: None) -> None:
    answer = Client().get("me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
