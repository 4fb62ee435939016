"""The console's navigation and its pages outside the frame."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from maintenance_site import console
from tests import factories

UserWith = Callable[[Role], User]
NOBODY = UUID(int=1)


def titles(user: object, path: str = "/admin/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = user  # type: ignore[assignment]
    return [item["title"] for group in console.navigation(request) for item in group["items"]]


def test_each_role_finds_what_it_may_open_and_nothing_else(user_with: UserWith) -> None:
    plan = ["Calendar", "Timeline", "Board", "Work orders"]
    look = ["Schedules", "Resources", "Resource types", "Logs", "Work report"]
    reporter = ["Dashboard", *plan, "Report a problem", *look[:-1], "Notifications"]
    work = ["Dashboard", "My work", *plan, "Housekeeping", "Triage", "Report a problem", *look]
    work += ["Service levels", "Notifications", "Cleaning plans", "Checklists"]
    windows = ["Overview", "Windows", "Free time"]
    bookings = [*windows, "Bookings", "Booking feeds", "Calendar feeds"]
    people = ["Shifts", "Workload", "Teams", "Skills", "Certificates", "Absences"]
    needs = ["Required skills", "Usual places", "Vendors"]
    events = ["Events", "What left", "Incoming events", "Put aside", "Webhooks"]
    administration = [
        "Due checks",
        "Labour rates",
        "Users",
        "Import",
        "Deliveries",
        "Chat rooms",
        "API keys",
        "Settings",
        "Audit trail",
    ]
    assert titles(user_with(Role.REQUESTER)) == [*reporter, *windows, "Calendar feeds"]
    assert titles(user_with(Role.TECHNICIAN))[:2] == ["My work", "Dashboard"]
    assert titles(user_with(Role.VENUE_ADMIN)) == [
        *work,
        *bookings,
        *people,
        *needs,
        "Due checks",
        "Users",
    ]
    assert titles(user_with(Role.ADMIN)) == [
        *(*work, *bookings, *people, *needs, *events, *administration),
    ]
    assert titles(AnonymousUser()) == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REQUESTER])
def test_every_link_of_the_navigation_opens(
    organization: Organization, user_with: UserWith, role: Role
) -> None:
    user, client = user_with(role), Client()
    with tenant_scope(organization.pk):
        client.force_login(user)
    request = RequestFactory().get("/admin/")
    request.user = user

    links = [item["link"] for group in console.navigation(request) for item in group["items"]]

    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_page_below_another_marks_one_entry_only(user_with: UserWith) -> None:
    request = RequestFactory().get("/admin/scheduling/resourcetype/add/")
    request.user = user_with(Role.ADMIN)

    items = [item for group in console.navigation(request) for item in group["items"]]

    assert [item["title"] for item in items if item["active"]] == ["Resource types"]


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "500"])
def test_pages_of_errors_need_nothing_and_say_what_to_do(page: str) -> None:
    shown = render_to_string(f"{page}.html")

    assert "Go to the dashboard" in shown
    assert "· Mainstay</title>" in shown


def test_switched_off_scheduling_pages_say_so_to_each_role(
    organization: Organization, user_with: UserWith
) -> None:
    Organization.objects.update(maintenance_scheduling_enabled=False)
    answers = {}
    for role in (Role.ADMIN, Role.TECHNICIAN):
        client = Client()
        with tenant_scope(organization.pk):
            client.force_login(user_with(role))
        answers[role] = client.get("/admin/calendar/")

    assert [answer.status_code for answer in answers.values()] == [404, 404]
    assert "Open settings" in answers[Role.ADMIN].content.decode()
    assert "Ask an administrator" in answers[Role.TECHNICIAN].content.decode()


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("settings/working-hours/", "settings/"),
        ("settings/working-hours/delete/", "settings/working-hours/"),
        ("scheduling/duecheckrun/run/", "scheduling/duecheckrun/"),
        ("scheduling/schedule/columns/", "scheduling/schedule/"),
        (f"scheduling/schedule/{NOBODY}/skip/", None),
        (f"messages/{NOBODY}/follow/", "messages/"),
        ("logout/", ""),
    ],
)
def test_addresses_that_only_take_forms_lead_to_their_page(
    organization: Organization, admin: User, address: str, page: str | None
) -> None:
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(admin)
    answer = client.get(f"/admin/{address}")
    wanted = address.rstrip("/").rpartition("/")[0] + "/" if page is None else page
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/{wanted}")


def test_machines_still_hear_that_a_method_is_wrong() -> None:
    assert Client().get("/api/v1/auth/token").status_code == 405


@pytest.mark.parametrize("role", list(Role))
def test_nobody_reads_or_changes_the_rows_behind_tokens(
    organization: Organization, user_with: UserWith, role: Role
) -> None:
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(user_with(role))
    for model in ("outstandingtoken", "blacklistedtoken"):
        assert client.get(f"/admin/token_blacklist/{model}/").status_code == 404
    assert client.get("/admin/token_blacklist/").status_code == 404


@pytest.mark.parametrize("app", ["accounts", "scheduling", "core"])
def test_the_page_of_an_app_is_the_dashboard(
    organization: Organization, admin: User, app: str
) -> None:
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(admin)
    assert client.get(f"/admin/{app}/")["Location"] == "/admin/"


def test_what_is_still_used_says_so_and_leads_back(organization: Organization, admin: User) -> None:
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(admin)
        kind = factories.resource_type(name="Lift")
        used, free = factories.resource(type=kind, name="Lift A"), factories.resource()
        factories.schedule(resource=used)
    page = client.get(f"/admin/scheduling/resource/{used.pk}/delete/").content.decode()
    assert "cannot be deleted" in page
    assert "“Retired”" in page
    page = client.get(f"/admin/scheduling/resourcetype/{kind.pk}/delete/").content.decode()
    assert "Lift A" in page
    assert f'href="/admin/scheduling/resourcetype/{kind.pk}/change/"' in page
    address = f"/admin/scheduling/resource/{free.pk}/delete/"
    assert "This cannot be undone" in client.get(address).content.decode()
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert client.get(address).status_code == 404


def test_quick_search_finds_what_the_person_may_see(
    organization: Organization, user_with: UserWith
) -> None:
    requester, client = user_with(Role.REQUESTER), Client()
    with tenant_scope(organization.pk):
        client.force_login(requester)
        other = factories.resource(name="Pump A")
        factories.schedule(resource=other, title="Pump round")
        own = factories.resource(name="Pump B", owner=requester)
        factories.work_order(resource=other, title="Seal of the pump")
        order = factories.work_order(resource=own, title="It drips")
    page = client.get("/admin/search/?extended=1&s=pump").content.decode()
    assert f'href="/admin/scheduling/resource/{own.pk}/"' in page
    assert "Pump round" not in page
    assert 'href="/admin/scheduling/schedule/?q=pump"' in page
    assert f"#{order.number} It drips" in page
    assert "Seal of the pump" not in page
    page = client.get(f"/admin/search/?extended=1&s=%23{order.number}%00").content.decode()
    assert f'href="/admin/worklogs/workorder/{order.pk}/"' in page
