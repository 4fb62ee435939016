"""What every answer carries to the browser."""

import gzip
from typing import cast

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from accounts.models import Organization, User
from maintenance_site.middleware import TextCompressionMiddleware

LONG = b"Inspect the lift. " * 100


def compressed(response: HttpResponseBase, accepts: str = "gzip, br") -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return cast("HttpResponseBase", TextCompressionMiddleware(lambda _: response)(request))


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response)


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "application/json", "application/problem+json"]
)
def test_text_is_compressed_and_caches_are_told(kind: str) -> None:
    response = compressed(HttpResponse(LONG, content_type=kind))
    assert response["Content-Encoding"] == "gzip"
    assert response["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body(response)) == LONG


def test_a_streamed_export_is_compressed_as_it_is_made() -> None:
    rows = (LONG for _ in range(3))
    response = compressed(StreamingHttpResponse(rows, content_type="text/csv"))
    assert gzip.decompress(body(response)) == LONG * 3


def test_whoever_does_not_take_gzip_gets_plain_text() -> None:
    response = compressed(HttpResponse(LONG), accepts="identity")
    assert "Content-Encoding" not in response
    assert body(response) == LONG


def test_photos_keep_their_bytes_and_their_length() -> None:
    photo = FileResponse(
        iter([LONG]), content_type="image/jpeg", headers={"Content-Length": "1800"}
    )
    response = compressed(photo)
    assert "Content-Encoding" not in response
    assert response["Content-Length"] == "1800"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/admin/login/", "/admin/nowhere/", "/api/v1/schedules", "/api/docs"]
)
def test_pages_may_load_from_this_site_only(client: Client, address: str) -> None:
    response = client.get(address)
    policy = dict(rule.split(" ", 1) for rule in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert not [rule for rule in policy.values() if "*" in rule or "http" in rule]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.django_db
def test_the_version_of_a_compressed_answer_can_be_sent_back(client: Client, admin: User) -> None:
    # long enough to be shorter when compressed, whatever random length is added
    Organization.objects.filter(pk=admin.organization_id).update(name="Hotel " * 30)
    client.force_login(admin)
    read = client.get("/api/v1/organization", headers={"Accept-Encoding": "gzip"})
    assert read["ETag"].startswith('W/"')
    for status in (200, 412):
        answer = client.patch(
            "/api/v1/organization",
            {"name": f"Named while {status}"},
            content_type="application/json",
            headers={"If-Match": read["ETag"]},
        )
        assert answer.status_code == status
