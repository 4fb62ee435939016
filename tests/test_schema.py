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
def _site(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
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
    for operation, cases in _operations():
        known_id = known.get(operation.path)
        _try(operation, cases, authorization, known_id, EXAMPLES.get(role, 1), failures)
    assert not failures, "\n\n".join(failures[:8])


@cache
def _operations() -> list[tuple[Any, Any]]:
    """Each operation with what makes its requests; read once, for it takes longer than the requests of a role."""
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


def _try(
    operation: Any,
    cases: Any,
    authorization: str,
    known: str | None,
    examples: int,
    failures: list[str],
) -> None:
    """Generated requests, with the id of a real row every other time."""

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans())
    def attempt(case: Any, real: bool) -> None:
        if known and real and operation.method.upper() != "DELETE":
            case.path_parameters["pk"] = known
        response = case.call(headers={"Authorization": authorization})
        try:
            case.validate_response(response, checks=_CHECKS)
        except FailureGroup as group:
            failures.append(f"{operation.label}: {group}")

    attempt()
