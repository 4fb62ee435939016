"""The installation's operator works inside somebody else's organisation, and both see who did it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.middleware import CHOSEN_ORGANIZATION
from core.models import AuditEntry
from core.tenancy import tenant_scope
from scheduling.models import Resource, Schedule
from tests import factories
from worklogs.models import Log


@pytest.fixture
def operator(stranger: Organization) -> User:
    """A super admin whose own organisation is another one."""
    return factories.user(stranger, role=Role.SUPER_ADMIN, name="Olga Operator")


@pytest.fixture
def visiting(operator: User, organization: Organization) -> Client:
    """The operator's session of the console, having chosen `organization`."""
    client = session(operator)
    values = client.session
    values[CHOSEN_ORGANIZATION] = str(organization.pk)
    values.save()
    return client


@pytest.fixture
def lift(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(code="L1", name="Lift")


def session(user: User) -> Client:
    client = Client()
    with tenant_scope(user.organization_id):
        client.force_login(user)
    return client


def post(client: Client, address: str, **body: Any) -> dict[str, Any]:
    response = client.post(f"/api/v1/{address}", body, content_type="application/json")
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def plan(client: Client, lift: Resource, **values: Any) -> UUID:
    start = (timezone.now() - timedelta(days=2)).isoformat()
    body = {"title": "Inspect", "resource": str(lift.pk), "frequency": "monthly", "start_at": start}
    return UUID(post(client, "schedules", **body, **values)["id"])


def test_plans_and_records_work_elsewhere(
    visiting: Client, operator: User, organization: Organization, lift: Resource, admin: User
) -> None:
    schedule_id = plan(visiting, lift)
    log_id = UUID(
        post(visiting, "logs", schedule=str(schedule_id), notes="Oiled", issues_found="none")["id"]
    )
    with tenant_scope(organization.pk):
        schedule, log = Schedule.objects.get(pk=schedule_id), Log.objects.get(pk=log_id)
        assert (schedule.organization_id, log.organization_id) == (organization.pk,) * 2
        assert log.performed_by == operator
        actors = set(AuditEntry.objects.values_list("actor_label", flat=True))
        assert "Olga Operator" in actors
        assert not User.objects.filter(pk=operator.pk).exists()
    for client in (visiting, session(admin)):
        for page in (
            reverse("admin:worklogs_log_change", args=[log_id]),
            reverse("admin:worklogs_log_changelist"),
            reverse("admin:index"),
            reverse("admin:calendar"),
            f"/api/v1/logs/{log_id}",
            f"/api/v1/schedules/{schedule_id}",
        ):
            assert client.get(page).status_code == 200, page
    shown = session(admin).get(reverse("admin:worklogs_log_change", args=[log_id]))
    assert "Olga Operator" in shown.content.decode()


def test_an_operator_is_in_nobodys_reach(
    admin: User, operator: User, organization: Organization, lift: Resource
) -> None:
    body = {
        "title": "Inspect",
        "resource": str(lift.pk),
        "frequency": "monthly",
        "start_at": timezone.now().isoformat(),
        "assigned_to": str(operator.pk),
    }
    response = session(admin).post("/api/v1/schedules", body, content_type="application/json")
    assert response.status_code == 404, response.content


def test_an_ordinary_person_of_another_organisation_stays_out(
    stranger: Organization, organization: Organization, lift: Resource
) -> None:
    client = session(factories.user(stranger, role=Role.ADMIN))
    values = client.session
    values[CHOSEN_ORGANIZATION] = str(organization.pk)
    values.save()
    assert client.get(f"/api/v1/resources/{lift.pk}").status_code == 404


def test_gives_an_organisation_another_plan(visiting: Client, organization: Organization) -> None:
    address = "/api/v1/organization"
    answer = visiting.patch(address, {"plan": "premium"}, content_type="application/json")
    assert (answer.status_code, answer.json()["plan"]) == (200, "premium")
    wrong = visiting.patch(address, {"plan": "gold"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json())) == (400, ["plan"])

    page = visiting.get(reverse("admin:settings"))
    values = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    visiting.post(reverse("admin:settings"), {**values, "plan": "standard"})
    organization.refresh_from_db()
    assert organization.plan == "standard"


def test_nobody_gives_their_own_organisation_a_plan(admin: User) -> None:
    browser = session(admin)
    page = browser.get(reverse("admin:settings"))
    assert "plan" not in page.context["form"].fields
    values = {name: page.context["form"][name].value() for name in page.context["form"].fields}
    browser.post(reverse("admin:settings"), {**values, "plan": "premium"})
    admin.organization.refresh_from_db()
    assert admin.organization.plan == "standard"
