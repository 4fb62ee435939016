"""What the API's document promises holds for generated requests: no 5xx, no status that it does not name."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.conf import settings as site_settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import status_code_conformance

from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import Role
from maintenance_site.wsgi import application
from tests import world
from tests.routes import routes

pytestmark = pytest.mark.thorough

#: Requests for each operation and role, half of them against the document.
EXAMPLES = {Role.ADMIN: 6, Role.TECHNICIAN: 2}
_CHECKS = [not_a_server_error, status_code_conformance]


@pytest.fixture(autouse=True)
def _connection_kept() -> Iterator[None]:
    """The requests come through WSGI, whose end would close the connection of the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": dict.fromkeys(("user", "tenant", "alerts", "anon"), None),
    }


@pytest.mark.parametrize("role", list(Role))
def test_no_surprises(
    role: Role, organization: Organization, user_with: Callable[[Role], User]
) -> None:
    world.populate(organization)
    known = {
        route.path: str(world.ids_of(route.model, organization)[0])
        for route in routes()
        if route.is_detail
    }
    authorization = f"Bearer {tokens.issue(user_with(role)).access}"
    failures: list[str] = []
    for operation, cases in _requests():
        for case, real in cases[: EXAMPLES.get(role, 1)]:
            if real and operation.path in known and operation.method.upper() != "DELETE":
                case.path_parameters["pk"] = known[operation.path]
            if case.headers:
                case.headers.pop(
                    "Host", None
                )  # the client itself stumbles over some, before it calls
            response = case.call(headers={"Authorization": authorization})
            try:
                case.validate_response(response, checks=_CHECKS)
            except FailureGroup as group:
                failures.append(f"{operation.label}: {group}")
    assert not failures, "\n\n".join(failures[:8])


@cache
def _requests() -> list[tuple[Any, list[tuple[Any, bool]]]]:
    """Each operation with generated requests for it, and whether each asks for a real row where there is one.

    Made once for all roles, for that takes longer than to send them.
    """
    return [(operation, _cases(strategy)) for operation, strategy in _operations()]


def _cases(strategy: Any) -> list[tuple[Any, bool]]:
    cases: list[tuple[Any, bool]] = []

    @settings(
        max_examples=max(EXAMPLES.values()),
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, real=st.booleans())
    def draw(case: Any, real: bool) -> None:
        cases.append((case, real))

    draw()
    return cases


def _operations() -> list[tuple[Any, Any]]:
    """Each operation with what makes its requests."""
    document = schemathesis.openapi.from_wsgi("/api/schema?format=json", application)
    found: list[Any] = [result.ok() for result in document.get_all_operations()]  # type: ignore[union-attr]
    return [
        (
            operation,
            st.one_of(
                operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            ),
        )
        for operation in found
        # a new password would end the very token that the test speaks with
        if not operation.path.startswith("/api/v1/me/password")
    ]
