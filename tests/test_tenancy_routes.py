"""Every route of the API with another organisation's ids: in the address, in filters, in bodies."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as site_settings
from rest_framework import serializers

from accounts.models import Organization, User
from core.api.filters import RelatedFilter
from core.tenancy import all_tenants, tenant_scope
from tests import factories, world
from tests.api import Client
from tests.routes import Route, routes

pytestmark = pytest.mark.thorough

ROUTES = routes()
DETAILS = [route for route in ROUTES if route.is_detail]
LISTS = [route for route in ROUTES if route.method == "GET" and not route.is_detail]
EDITS = [route for route in ROUTES if route.method in {"POST", "PUT", "PATCH"}]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": dict.fromkeys(("user", "tenant", "alerts", "anon"), None),
    }


@pytest.fixture(scope="module")
def populated(shared_rows: None) -> tuple[User, Organization]:
    """The chief of one organisation, and another organisation."""
    stranger = factories.organization(name="Stranger", slug="stranger")
    world.populate(stranger)
    return world.populate(factories.organization()), stranger


@pytest.fixture
def chief(db: None, populated: tuple[User, Organization]) -> User:
    return populated[0]


@pytest.fixture
def other(populated: tuple[User, Organization]) -> Organization:
    return populated[1]


def foreign_ids(route: Route, other: Organization) -> list[UUID]:
    found = world.ids_of(route.model, other)
    assert found, f"tests/world.py makes no {route.model.__name__}"
    return found


def test_addresses(chief: User, other: Organization) -> None:
    client = Client(chief)
    wrong = []
    for route in DETAILS:
        for identity in foreign_ids(route, other)[:2]:
            theirs = client.generic(
                route.method, route.address(pk=identity), "{}", "application/json"
            )
            nobodys = client.generic(
                route.method, route.address(pk=uuid4()), "{}", "application/json"
            )
            if theirs.status_code != 404 or theirs.content != nobodys.content:
                wrong.append(f"{route}: {theirs.status_code} {theirs.content[:200]!r}")
    assert not wrong


def test_lists_contain_nothing_of_others(chief: User, other: Organization) -> None:
    client = Client(chief)
    with all_tenants(reason="test"):
        models = {route.model for route in DETAILS}
    secrets = {str(identity) for model in models for identity in world.ids_of(model, other)}
    secrets |= {other.slug, other.name}
    wrong = []
    for route in LISTS:
        for query in ({}, {"search": other.slug}, {"days": "365"}, {"page_size": "500"}):
            answer = client.get(route.path, query)
            text = b"".join(answer) if answer.streaming else answer.content
            leaked = [secret for secret in secrets if secret in text.decode()]
            if leaked:
                wrong.append(f"{route} {query}: {leaked[:3]}")
    assert not wrong


def related_filters(route: Route) -> Iterator[tuple[str, Any]]:
    """Names and models of the filters by a related row."""
    view = route.instance()
    if not hasattr(view, "filter_backends") or route.model is None:
        return
    with all_tenants(reason="the model's empty queryset only names the model"):
        for backend in view.filter_backends:
            if hasattr(backend, "get_filterset_class"):
                filterset = backend().get_filterset_class(view, route.model.objects.none())
                for name, entry in (filterset.base_filters if filterset else {}).items():
                    if isinstance(entry, RelatedFilter):
                        field: Any = route.model
                        for part in entry.field_name.split("__"):
                            field = field._meta.get_field(part).related_model
                        yield name, field


def test_filters(chief: User, other: Organization) -> None:
    client = Client(chief)
    wrong, tried = [], 0
    for route in LISTS:
        for name, model in related_filters(route):
            for identity in world.ids_of(model, other)[:1]:
                tried += 1
                theirs = client.get(route.path, {name: str(identity)})
                nobodys = client.get(route.path, {name: str(uuid4())})
                same = theirs.content == nobodys.content
                if not same or (route.action == "list" and theirs.status_code != 404):
                    wrong.append(f"{route} {name}: {theirs.status_code}")
    assert not wrong
    assert tried > 3


def related_fields(serializer: Any) -> Iterator[tuple[str, Any, bool]]:
    """Name and model of each field that names a row, and whether it takes several."""
    for name, field in serializer.fields.items():
        child = getattr(field, "child_relation", field)
        if isinstance(child, serializers.RelatedField) and not field.read_only:
            declared: Any = vars(child)["queryset"]
            yield name, declared.model, child is not field


def test_bodies(chief: User, other: Organization) -> None:
    organization = chief.organization
    client = Client(chief)
    wrong, tried = [], 0
    for route in EDITS:
        view = route.instance()
        if not hasattr(view, "get_serializer_class"):
            continue
        with tenant_scope(organization.pk):
            fields = list(related_fields(view.get_serializer_class()()))
        mine = world.ids_of(route.model, organization)[-1] if route.is_detail else ""
        for name, model, takes_several in fields:
            tried += 1
            identity = str(world.ids_of(model, other)[0])
            for value in (identity, [identity]):
                is_fitting = isinstance(value, list) is takes_several
                answer = client.generic(
                    route.method,
                    route.address(pk=mine),
                    json.dumps({name: value}),
                    "application/json",
                )
                expected = {404} if is_fitting else {400, 404}
                if answer.status_code not in expected or identity in answer.content.decode():
                    wrong.append(f"{route} {name}: {answer.status_code} {answer.content[:200]!r}")
    assert not wrong
    assert tried > 5
