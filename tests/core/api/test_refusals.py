"""What the API refuses, and how it says so; and first answers that come again."""

import io
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Organization, User
from core.models import Attachment
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client
from tests.core.api.test_doors import PERSON, limited


def stranger_with(header: str) -> Client:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=header)
    return client


@pytest.mark.parametrize("header", ["Bearer abc", "Api-Key msk_1_2", "Api-Key x"])
@pytest.mark.parametrize("path", ["me", "", "users"])
def test_wrong_credentials_count_for_their_address(
    admin: User, settings: Any, header: str, path: str
) -> None:
    limited(settings, anon="3/min")
    guesser, person = stranger_with(header), Client(admin)
    answers = [guesser.get(path) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 120
    assert [person.get("me").status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_that_is_too_large(admin: User, settings: Any, content_type: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = b'{"name": "' + b"x" * 2000 + b'"}'
    answer = Client(admin).generic("POST", "users", body, content_type)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_in_chunks_is_read_as_far_as_it_may_go(admin: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    def send(body: bytes) -> Any:
        environ = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        return Client(admin).generic("POST", "users", b"", "application/json", **environ)

    assert send(orjson.dumps(PERSON)).status_code == 201
    refused = send(b'{"name": "' + b"x" * 2000 + b'"}')
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_a_declared_length_is_believed_before_anything_is_read(admin: User) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("The body was read.")

    for path, kind in (
        ("users", "application/json"),
        ("attachments", "multipart/form-data; boundary=x"),
    ):
        answer = Client(admin).generic(
            "POST", path, b"", kind, CONTENT_LENGTH=str(10**9), **{"wsgi.input": Unread()}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), path


@pytest.mark.parametrize(
    ("limit", "data"), [("MAX_PHOTO_BYTES", b"x"), ("MAX_DOCUMENT_BYTES", b"%PDF-1.7 ")]
)
def test_a_file_that_is_too_large(
    admin: User, settings: Any, tmp_path: Any, limit: str, data: bytes
) -> None:
    settings.MEDIA_ROOT, settings.MAX_PHOTO_BYTES, settings.MAX_DOCUMENT_BYTES = tmp_path, 10, 10
    file = SimpleUploadedFile("plan.pdf", data * 100, "application/pdf")
    answer = Client(admin).post("attachments", {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), answer.content
    with tenant_scope(admin.organization_id):
        assert not Attachment.objects.exists()


@pytest.mark.parametrize("path", ["me/password", "alerts/generate", "auth/token"])
def test_a_method_that_an_address_does_not_have(admin: User, path: str) -> None:
    answer = Client(admin).get(path)
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]
    assert "GET" not in answer["Allow"]


def test_a_search_that_makes_no_sense_names_its_parameter(admin: User) -> None:
    answer = Client(admin).get("users?search=%00")
    assert answer.status_code == 400
    assert list(answer.json()) == ["search"]


@pytest.mark.parametrize("moment", ["2026-03-04T08:00:00", "2026-03-04 08:00", "2026-03-04"])
def test_moments_need_their_offset(inside: Organization, admin: User, moment: str) -> None:
    client, resource = Client(admin), factories.resource()
    schedule = factories.schedule(resource=resource)
    plan = {"title": "x", "resource": str(resource.pk), "start_at": "2026-01-01T00:00:00Z"}
    refused = {
        "start_at": client.post("schedules", {**plan, "start_at": moment}),
        "until": client.post("schedules", {**plan, "until": moment}),
        "performed_at": client.post("logs", {"resource": str(resource.pk), "performed_at": moment}),
        "due_at": client.post(
            f"schedules/{schedule.pk}/move", {"occurrence_key": "x", "due_at": moment}
        ),
        "expires_at": client.post("api-keys", {"name": "x", "expires_at": moment}),
        "due_before": client.get("schedules", {"due_before": moment}),
        "performed_at_after": client.get("logs", {"performed_at_after": moment}),
        "since": client.get("audit-entries", {"since": moment}),
    }
    for name, answer in refused.items():
        assert answer.status_code == 400, name
        (texts,) = answer.json().values()
        assert "Give the offset, such as 2026-03-04T08:00:00+01:00" in texts[0], name


def test_moments_with_offset_are_read_where_a_plus_sign_became_a_space(admin: User) -> None:
    client, future = Client(admin), timezone.now() + timedelta(days=9)
    body = {"name": "x", "expires_at": future.isoformat()}
    assert client.post("api-keys", body).status_code == 201
    for query in ("since=2026-03-04T08:00:00+01:00", "since=2026-03-04T08:00:00%2B01:00"):
        assert client.get(f"audit-entries?{query}").status_code == 200


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-03-04T06:00:00-21:12", 200),
        ("0001-01-01T00:00:00+10:00", 400),
        ("9999-12-31T23:59:59-10:00", 400),
    ],
)
def test_moments_at_the_end_of_the_scale(
    inside: Organization, admin: User, moment: str, status: int
) -> None:
    """PostgreSQL knows no offsets beyond sixteen hours, and no calendar goes on for ever."""
    answer = Client(admin).get("schedules", {"due_before": moment})
    assert answer.status_code == status, answer.json()


def test_the_first_answer_comes_again_byte_for_byte(inside: Organization, admin: User) -> None:
    client, resource = Client(admin), factories.resource()
    posts = {
        "users": PERSON,
        "resources": {"code": "R-9", "name": "Pümp", "kind": "equipment"},
        "schedules": {
            "title": "Oil", "resource": str(resource.pk), "start_at": "2026-01-01T00:00:00+01:00",
            "estimated_cost": "12.50",
        },
        "logs": {"resource": str(resource.pk), "performed_at": "2026-01-01T00:00:00.123456+01:00"},
        "alerts/generate": {},
    }  # fmt: skip
    for path, body in posts.items():
        first, second = (
            client.post(path, body, headers={"Idempotency-Key": f"key {path}"}) for _ in range(2)
        )
        assert first.status_code < 300, first.content
        assert second.content == first.content, path
        assert second["Idempotent-Replayed"] == "true"
        for name in ("Location", "ETag", "Content-Type", "Allow", "Vary"):
            assert second.headers.get(name) == first.headers.get(name), (path, name)


def test_refusals_of_a_csv_are_readable(admin: User) -> None:
    answer = Client(admin).get("logs?format=csv&issues_found=zz&performed_at_after=x")
    assert answer.status_code == 400
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("issues_found: Select a valid choice. zz is not")
    assert lines[1].startswith("performed_at: Enter a valid date/time.")
