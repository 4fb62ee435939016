"""A value that is taken or wrong: the sentence stands at its field, names it, and says what to do; by form and API."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client

NUMBER = "number in another system"
TAKEN = "Another {} has this {} already. Enter another one, or change that {}."
TAKEN_VALUES = [
    ("resources", "external_id", "resource", NUMBER),
    ("resources", "code", "resource", "code"),
    ("schedules", "external_id", "schedule", NUMBER),
    ("users", "external_id", "user", NUMBER),
    ("users", "email", "user", "e-mail address"),
    ("resource-types", "code", "resource type", "code"),
    ("working-calendars", "name", "working calendar", "name"),
]
WRONG_VALUES = [
    ("users", "phone", "call me", "Enter a phone number such as +49 30 1234567"),
    ("users", "email", "nora", "Enter an e-mail address such as name@example.org."),
    ("resource-types", "code", "Lüftung 1", "such as air-handling-unit"),
]


@pytest.fixture
def bodies(organization: Organization) -> dict[str, dict[str, Any]]:
    """What a new row of each kind needs."""
    with tenant_scope(organization.pk):
        resource = factories.resource()
    return {
        "resources": {"code": "R-1", "name": "Boiler", "status": "operational"},
        "schedules": {
            "title": "Inspection",
            "resource": str(resource.pk),
            "frequency": "monthly",
            "start_at": "2026-03-04T06:00:00Z",
        },
        "users": {"email": "nora@example.org", "name": "Nora", "role": "technician"},
        "resource-types": {"code": "pump", "name": "Pump", "kind": "equipment"},
        "working-calendars": {"name": "Week"},
    }


@pytest.mark.parametrize(("path", "field", "thing", "label"), TAKEN_VALUES)
def test_a_taken_value_by_api(
    admin: User, bodies: dict[str, Any], path: str, field: str, thing: str, label: str
) -> None:
    client, body = Client(admin), bodies[path]
    body.setdefault(field, "77")
    assert client.post(path, body).status_code == 201
    other = {**body, **({"code": "R-2"} if path == "resources" else {})}
    other |= {"email": "other@example.org"} if path == "users" else {}
    answer = client.post(path, {**other, field: body[field]})
    assert (answer.status_code, answer.json()) == (
        400,
        {field: [TAKEN.format(thing, label, thing)]},
    )


@pytest.mark.parametrize(("path", "field", "value", "sentence"), WRONG_VALUES)
def test_a_wrong_value_by_api(
    admin: User, bodies: dict[str, Any], path: str, field: str, value: str, sentence: str
) -> None:
    answer = Client(admin).post(path, {**bodies[path], field: value})
    assert answer.status_code == 400
    assert sentence in answer.json()[field][0]


def errors_at(browser: Browser, page: str, body: dict[str, Any], field: str) -> str:
    """The errors that a form shows at a field."""
    answer = browser.post(page, body)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    shown = " ".join(form.errors.get(field, []))
    assert shown
    assert re.sub(r"\s+", " ", shown) in re.sub(r"\s+", " ", unescape(answer.content.decode()))
    return shown


def test_taken_and_wrong_values_by_form(
    admin: User, organization: Organization, bodies: dict[str, Any]
) -> None:
    browser = Browser()
    browser.force_login(admin)
    with tenant_scope(organization.pk):
        factories.resource(external_id="77", code="OLD")
        factories.resource_type(code="pump")
    factories.user(organization, external_id="77")
    user, resource = "/admin/accounts/user/add/", "/admin/scheduling/resource/add/"
    for page, kind, field, value, thing, label in (
        (user, "users", "external_id", "77", "user", NUMBER),
        (user, "users", "email", admin.email, "user", "e-mail address"),
        (resource, "resources", "code", "OLD", "resource", "code"),
        (resource, "resources", "external_id", "77", "resource", NUMBER),
    ):
        shown = errors_at(browser, page, {**bodies[kind], field: value}, field)
        assert shown == TAKEN.format(thing, label, thing)
    for _, field, value, sentence in WRONG_VALUES[:2]:
        assert sentence in errors_at(browser, user, {**bodies["users"], field: value}, field)
    page = browser.get(user).content.decode()
    assert "E-mail address" in page
    assert not re.search(r">\s*Email\b", page)
