"""Requests: a correlation id each, and the organisation of whoever signed in."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from accounts.models import Organization, User
from accounts.rights import Role
from core import correlation
from core.middleware import CHOSEN_ORGANIZATION, CorrelationMiddleware, TenantMiddleware
from core.tenancy import current_organization_id, enter_scope
from tests.core.conftest import person


def answer(_: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{correlation.current()} {correlation.client_address()}")


def test_a_sane_id_is_taken_and_answered() -> None:
    for header in ("X-Correlation-ID", "X-Request-ID"):
        request = RequestFactory().get("/", headers={header: "abc-12345"})
        response = CorrelationMiddleware(answer)(request)
        assert getattr(response, "content", None) == b"abc-12345 127.0.0.1"
        assert response["X-Correlation-ID"] == "abc-12345"
    assert correlation.current() == ""


def test_other_ids_are_replaced() -> None:
    request = RequestFactory().get("/", headers={"X-Correlation-ID": "<script>alert(1)"})
    response = CorrelationMiddleware(answer)(request)
    assert len(response["X-Correlation-ID"]) == 32


def scope_of(user: Any, session: dict[str, str] | None = None) -> UUID | None:
    request = RequestFactory().get("/")
    request.user, request.session = user, session or {}  # type: ignore[assignment]
    seen: list[UUID | None] = []

    def look(_: HttpRequest) -> HttpResponse:
        seen.append(current_organization_id())
        return HttpResponse()

    TenantMiddleware(look)(request)
    assert current_organization_id() is None
    return seen[0]


def test_people_work_in_their_organization(anna: User, theirs: Organization) -> None:
    assert scope_of(anna) == anna.organization_id
    assert scope_of(anna, {CHOSEN_ORGANIZATION: str(theirs.pk)}) == anna.organization_id
    assert scope_of(AnonymousUser()) is None


def test_a_super_admin_may_choose_another(mine: Organization, theirs: Organization) -> None:
    root = person(mine, "root@adler.example", Role.SUPER_ADMIN)
    assert scope_of(root) == mine.pk
    assert scope_of(root, {CHOSEN_ORGANIZATION: str(theirs.pk)}) == theirs.pk


def test_the_person_is_looked_up_only_when_rows_are_asked_for() -> None:
    class Trap:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    request = RequestFactory().get("/")
    request.user = Trap()  # type: ignore[assignment]
    assert getattr(TenantMiddleware(lambda _: HttpResponse("x"))(request), "content", None) == b"x"


def test_looking_up_the_person_has_no_scope_itself() -> None:
    class Asking:
        @property
        def is_authenticated(self) -> bool:
            assert current_organization_id() is None
            return False

    assert scope_of(Asking()) is None


def test_a_scope_entered_by_api_authentication_ends_with_the_request() -> None:
    organization_id = uuid4()

    def view(_: HttpRequest) -> HttpResponse:
        enter_scope(organization_id)
        assert current_organization_id() == organization_id
        raise ValueError

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(ValueError):  # noqa: PT011
        TenantMiddleware(view)(request)
    assert current_organization_id() is None


def test_streams_keep_the_scope_of_their_request(anna: User) -> None:
    def lines() -> Iterator[str]:
        yield str(current_organization_id())
        yield User.objects.get().email

    request = RequestFactory().get("/")
    request.user, request.session = anna, {}  # type: ignore[assignment]
    response = TenantMiddleware(lambda _: StreamingHttpResponse(lines()))(request)
    assert current_organization_id() is None
    body = [part.decode() for part in response]
    assert body == [str(anna.organization_id), anna.email]
    assert current_organization_id() is None


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        (2, "10.9.9.9, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
        (2, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_address_is_that_in_front_of_the_proxies(
    settings: Any, proxies: int, forwarded: str, address: str
) -> None:
    """What stands further left anybody can write."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    response: Any = CorrelationMiddleware(answer)(request)
    assert response.content.decode().split()[1] == address
