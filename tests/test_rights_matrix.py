"""Every role at every route, compared with the table of rights."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as site_settings

from accounts.models import User
from accounts.rights import RIGHTS, Role
from tests.api import Client
from tests.routes import MISSING, Route, routes

ROUTES = routes()


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": dict.fromkeys(("user", "tenant", "alerts", "anon"), None),
    }


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_action_names_its_right(route: Route) -> None:
    assert route.is_open or route.right != MISSING, "add the action to `rights`"


@pytest.mark.parametrize("role", list(Role))
def test_what_each_role_may_do(role: Role, user_with: Callable[[Role], User]) -> None:
    client = Client(user_with(role))
    wrong = []
    for route in ROUTES:
        if route.is_open or route.right is None:
            continue
        answer = client.generic(route.method, route.address(pk=uuid4()), "{}", "application/json")
        refused = answer.status_code == 403
        if refused is (route.right in RIGHTS[role]):
            wrong.append(f"{route}: {answer.status_code}, {answer.content[:200]!r}")
    assert not wrong


def test_nobody_gets_in_without_sign_in(db: None) -> None:
    answers = {
        str(route): Client().generic(route.method, route.address(pk=uuid4())).status_code
        for route in ROUTES
        if not route.is_open
    }
    assert {status for status in answers.values()} == {401}, answers
