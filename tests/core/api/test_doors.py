"""Errors, versions, repeated requests and limits, through the door."""

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings as site_settings
from rest_framework.exceptions import NotFound

from accounts.models import Organization, User
from accounts.rights import Role
from core.api.serializers import RelatedRow
from core.models import IdempotencyKey
from core.tenancy import all_tenants, tenant_scope
from tests import factories
from tests.api import Client
from tests.threads import in_threads, shared_database

CALENDAR = "calendar?start=2026-03-01&end=2026-04-01"
PERSON = {"name": "Nora", "email": "nora@example.org", "role": "technician"}


def count_people(organization: Organization) -> int:
    with tenant_scope(organization.pk):
        return int(User.objects.count())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "\\u0000", "email": "a@example.org", "role": "technician"}', 400),
        (b'{"na\\u0000me": 1}', 400),
        (b"[" * 40 + b"]" * 40, 400),
        (b"[" * 100_000, 400),
        (b"[1]", 400),
        (b'"text"', 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"", 400),
        (b'{"name": {"a": 1}, "email": [], "role": 7}', 400),
        (b'{"name": 1e400}', 400),
    ],
)
def test_bodies_that_make_no_sense(admin: User, body: bytes, status: int) -> None:
    answer = Client(admin).generic("POST", "users", body, "application/json")
    assert answer.status_code == status, answer.content


def test_other_kinds_of_bodies_and_answers(admin: User) -> None:
    client = Client(admin)
    assert client.generic("POST", "users", b"<a/>", "application/xml").status_code == 415
    assert client.get("users", headers={"Accept": "application/xml"}).status_code == 406
    assert client.get("users", {"format": "nonsense"}).status_code == 404
    assert client.delete("users").status_code == 405


@pytest.mark.parametrize("path", ["users/1", "users/%00", "users/é", "nowhere", "users/x/y/z"])
def test_addresses_that_lead_nowhere_answer_in_json(admin: User, path: str) -> None:
    answer = Client(admin).get(path)
    assert answer.status_code == 404
    assert "detail" in answer.json()


@pytest.mark.parametrize("path", ["users", "me", "", "schedules/statistics"])
def test_a_trailing_slash_is_accepted(admin: User, path: str) -> None:
    client = Client(admin)
    assert client.get(f"/api/v1/{path}/".replace("//", "/")).status_code == 200
    assert client.get("users//").status_code == 404


def test_a_post_with_slash_works_as_well(admin: User) -> None:
    assert Client(admin).post("users/", PERSON).status_code == 201


def test_out_of_range_values(inside: Organization, admin: User) -> None:
    client = Client(admin)
    resource = factories.resource()
    body = {"title": "x", "resource": str(resource.pk), "start_at": "2026-01-01T00:00:00Z"}
    for wrong in (
        {"interval": 10**30},
        {"interval": -1},
        {"start_at": "0001-01-01T00:00:00+14:00"},
        {"start_at": "tomorrow"},
        {"estimated_cost": "1e999"},
        {"resource": "nonsense"},
        {"lead_days": True},
        {"exdates": {"a": "b"}},
    ):
        answer = client.post("schedules", {**body, **wrong})
        assert answer.status_code == 400, (wrong, answer.content)


def test_edits_refuse_a_stale_version(admin: User, user_with: Any) -> None:
    helper = user_with(Role.TECHNICIAN)
    client, address = Client(admin), f"users/{helper.pk}"
    tag = client.get(address)["ETag"]
    first = client.patch(address, {"phone": "1"}, headers={"If-Match": tag})
    assert first.status_code == 200
    assert first["ETag"] != tag
    for send in (client.patch, client.put, client.delete):
        assert send(address, {"phone": "2"}, headers={"If-Match": tag}).status_code == 412
    assert client.get(address).json()["phone"] == "1"
    wild = client.patch(address, {"phone": "3"}, headers={"If-Match": "*"})
    assert wild.status_code == 200


def test_a_repeated_post_acts_once(admin: User, organization: Organization) -> None:
    client, before = Client(admin), count_people(organization)
    first, second = (
        client.post("users", PERSON, headers={"Idempotency-Key": "abc"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert count_people(organization) == before + 1
    other = client.post("users", {**PERSON, "name": "Else"}, headers={"Idempotency-Key": "abc"})
    assert other.status_code == 422
    elsewhere = client.post("schedules", PERSON, headers={"Idempotency-Key": "abc"})
    assert elsewhere.status_code == 422


def test_what_is_kept_of_a_password_cannot_be_tried_offline(admin: User) -> None:
    person = {**PERSON, "password": factories.PASSWORD}
    Client(admin).post("users", person, headers={"Idempotency-Key": "abc"})
    plain = hashlib.sha256(orjson.dumps(person, option=orjson.OPT_SORT_KEYS)).hexdigest()
    with tenant_scope(admin.organization_id):
        assert IdempotencyKey.objects.get().body_hash != plain


def test_a_refused_post_may_be_repeated(admin: User) -> None:
    client, key = Client(admin), {"Idempotency-Key": "abc"}
    assert client.post("users", {"name": "x"}, headers=key).status_code == 400
    assert client.post("users", PERSON, headers=key).status_code == 201
    for wrong in ("", "x" * 201):
        assert client.post("users", PERSON, headers={"Idempotency-Key": wrong}).status_code == 400


def test_keys_belong_to_their_person(admin: User, user_with: Any) -> None:
    key = {"Idempotency-Key": "abc"}
    assert Client(admin).post("users", PERSON, headers=key).status_code == 201
    other = Client(user_with(Role.ADMIN))
    assert other.post("users", {**PERSON, "email": "b@example.org"}, headers=key).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_act_once(tmp_path: Path) -> None:
    with shared_database(tmp_path):
        organization = factories.organization()
        chief = factories.user(organization, role=Role.ADMIN)
        before = count_people(organization)

        def send(_: int) -> int:
            answer = Client(chief).post("users", PERSON, headers={"Idempotency-Key": "abc"})
            return int(answer.status_code)

        statuses, errors = in_threads(10, send)
        assert not errors
        assert statuses == [201] * 10
        assert count_people(organization) == before + 1
        with all_tenants(reason="test"):
            assert IdempotencyKey.objects.count() == 1


def limited(settings: Any, **rates: str) -> None:
    off = dict.fromkeys(("user", "tenant", "alerts", "anon"), None)
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**off, **rates},
    }


def test_the_limit_of_a_person(admin: User, user_with: Any, settings: Any) -> None:
    limited(settings, user="3/min")
    client = Client(admin)
    answers = [client.get("me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 120
    assert Client(user_with(Role.TECHNICIAN)).get("me").status_code == 200


def test_the_limit_of_an_organisation(
    admin: User, user_with: Any, stranger: Organization, settings: Any
) -> None:
    limited(settings, tenant="3/min")
    clients = [Client(admin), Client(user_with(Role.TECHNICIAN))] * 2
    assert [client.get("me").status_code for client in clients] == [200, 200, 200, 429]
    assert Client(factories.user(stranger)).get("me").status_code == 200


def test_the_limit_of_strangers_and_of_refusals(db: None, user_with: Any, settings: Any) -> None:
    limited(settings, anon="3/min", user="2/min")
    statuses = [Client().get("me").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    requester = Client(user_with(Role.REQUESTER))
    assert [requester.get("users").status_code for _ in range(3)] == [403, 403, 429]


def test_a_feature_that_is_off(organization: Organization, admin: User) -> None:
    Organization.objects.update(maintenance_scheduling_enabled=False)
    answer = Client(admin).get("schedules")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_enabled")
    assert Client(admin).get("users").status_code == 200


def test_the_browsable_api_and_the_document(admin: User) -> None:
    client = Client()
    client.force_login(admin)
    for path in ("users", f"users/{admin.pk}", "schedules", "me", "", CALENDAR):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert "text/html" in page["Content-Type"]
    assert client.get("/api/docs").status_code == 200
    document = client.get("/api/schema?format=json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/users/{id}" in document["paths"] or "/api/v1/users/{pk}" in document["paths"]


def test_a_related_row_follows_the_scope_of_the_request_not_of_the_import(
    admin: User, stranger: Organization
) -> None:
    """Serializers are imported by the first request, inside somebody's scope."""
    theirs = factories.user(stranger)
    with tenant_scope(stranger.pk):
        field = RelatedRow(queryset=User.objects.all())
    with tenant_scope(admin.organization_id):
        assert field.to_internal_value(str(admin.pk)) == admin
        with pytest.raises(NotFound):
            field.to_internal_value(str(theirs.pk))
