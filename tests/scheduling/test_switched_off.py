"""With scheduling switched off, its pages and routes say so and nothing else (REQUIREMENTS B14)."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from core.tenancy import tenant_scope

PAGES = [
    "/admin/calendar/",
    "/admin/scheduling/schedule/",
    "/admin/scheduling/schedule/add/",
    "/admin/scheduling/duecheckrun/",
    "/admin/logs/complete/",
]
_RESOURCE = "/api/v1/resources/00000000-0000-7000-8000-000000000000"
ROUTES = [
    *("/api/v1/schedules", "/api/v1/due-checks", "/api/v1/schedules/overdue", "/api/v1/windows"),
    *("/api/v1/bookings", "/api/v1/dashboard/windows", "/api/v1/resources/availability"),
    *(f"{_RESOURCE}/availability", f"{_RESOURCE}/windows", f"{_RESOURCE}/schedules"),
]


@pytest.fixture
def client_of_switched_off(organization: Organization, admin: User) -> Client:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(admin)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_not_enabled(client_of_switched_off: Client, page: str) -> None:
    answer = client_of_switched_off.get(page)
    assert answer.status_code == 404
    assert "Maintenance scheduling is switched off" in answer.content.decode()


@pytest.mark.parametrize("route", ROUTES)
def test_routes_say_not_enabled(client_of_switched_off: Client, route: str) -> None:
    answer = client_of_switched_off.get(route)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_enabled")


def test_resources_stay_reachable(client_of_switched_off: Client) -> None:
    for address in ("/admin/scheduling/resource/", "/api/v1/resources"):
        assert client_of_switched_off.get(address).status_code == 200
