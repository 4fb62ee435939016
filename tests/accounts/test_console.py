"""Sign-in, profile, settings and people in the console."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import ApiKey, Organization, User, WorkingCalendar
from accounts.rights import Role
from core import audit, outbox
from core.models import AuditEntry, OutboxEvent
from core.tenancy import tenant_scope
from notifications.services.deliveries import deliver_due
from tests import factories

UserWith = Callable[[Role], User]


@pytest.fixture
def console(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def sign_in(email: str, password: str) -> Any:
    return Client().post("/admin/login/", {"username": email, "password": password})


def trail(organization: Organization) -> list[str]:
    with tenant_scope(organization.pk):
        return list(AuditEntry.objects.order_by("at", "id").values_list("action", flat=True))


@pytest.mark.parametrize(
    ("role", "first"),
    [(Role.TECHNICIAN, "/admin/my-work/"), (Role.ADMIN, "/admin/"), (Role.REQUESTER, "/admin/")],
)
def test_whoever_does_the_work_meets_it_first(
    role: Role, first: str, user_with: Callable[[Role], User]
) -> None:
    """After signing in for no page in particular, and at the address of the site; a page that was asked for wins."""
    client, person = Client(), user_with(role)
    form = client.get("/admin/", follow=True).content.decode()
    assert '<input type="hidden" name="next" value="/">' in form
    given = {"username": person.email, "password": factories.PASSWORD}
    asked = client.post("/admin/login/", {**given, "next": "/admin/profile/"})
    assert asked["Location"] == "/admin/profile/"
    answer = client.post("/admin/login/", {**given, "next": "/"})
    assert client.get(answer["Location"])["Location"] == first
    assert client.get("/admin/").status_code == 200


def test_signing_in_and_out_leaves_a_trail(admin: User) -> None:
    assert "is wrong" in sign_in(admin.email, "wrong").content.decode()
    client = Client()
    answer = client.post(
        "/admin/login/", {"username": admin.email.upper(), "password": factories.PASSWORD}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")
    client.post("/admin/logout/")
    assert trail(admin.organization) == ["sign_in_failed", "sign_in", "sign_out"]
    with tenant_scope(admin.organization_id):
        assert User.objects.get(pk=admin.pk).last_login is not None


@override_settings(SIGN_IN_ATTEMPTS=2)
def test_console_and_api_count_the_same_attempts(admin: User) -> None:
    sign_in(admin.email, "wrong")
    body = {"email": admin.email, "password": "wrong"}
    Client().post("/api/v1/auth/token", body, content_type="application/json")
    assert "Too many attempts" in sign_in(admin.email, factories.PASSWORD).content.decode()


def link_for(user: User) -> str:
    with tenant_scope(user.organization_id):
        outbox.relay(timezone.now())
    deliver_due(timezone.now())
    [letter] = [letter for letter in mail.outbox if letter.to == [user.email]]
    found = re.search(r"https?://[^/\s]+(/admin/password-reset/\S+)", str(letter.body))
    assert found
    return found[1]


def test_a_forgotten_password_is_replaced_once(admin: User) -> None:
    client = Client()
    for email in (admin.email, "nobody@example.org"):
        answer = client.post("/admin/password-reset/", {"email": email}, follow=True)
        assert "is on its way" in answer.content.decode()
    link = link_for(admin)
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    assert "password_link" in address
    weak = client.post(address, {"password": "12345", "again": "12345"})
    assert "too short" in weak.content.decode()
    differing = client.post(address, {"password": "tulips in the rain", "again": "other"})
    assert "differ" in differing.content.decode()
    good = {"password": "tulips in the rain", "again": "tulips in the rain"}
    assert client.post(address, good)["Location"] == "/admin/login/"
    assert sign_in(admin.email, "tulips in the rain").status_code == 302
    assert client.get(link, follow=True).status_code == 410
    assert client.get("/admin/password-reset/x/y/", follow=True).status_code == 410


def test_changing_the_password_keeps_this_session_only(console: Client, admin: User) -> None:
    other = Client()
    other.force_login(admin)
    body = {
        "current": factories.PASSWORD,
        "password": "tulips in the rain",
        "again": "tulips in the rain",
    }
    wrong = console.post("/admin/password_change/", {**body, "current": "wrong"})
    assert "not your current password" in wrong.content.decode()
    assert console.post("/admin/password_change/", body).status_code == 302
    assert console.get("/admin/profile/").status_code == 200
    assert other.get("/admin/profile/").status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_profile(user_with: UserWith, role: Role) -> None:
    client, user = Client(), user_with(role)
    client.force_login(user)
    answer = client.post("/admin/profile/", {"name": "New", "phone": "", "time_zone": "Asia/Tokyo"})
    assert answer.status_code == 302
    with tenant_scope(user.organization_id):
        user.refresh_from_db()
    assert (user.name, user.time_zone) == ("New", "Asia/Tokyo")


def test_settings_and_hours(
    console: Client, organization: Organization, user_with: UserWith
) -> None:
    body = {
        **{"name": "Grand", "time_zone": "Asia/Tokyo", "currency": "jpy", "check_hour": "5"},
        **{"window_reminder_hours": "48", "windows_need_approval": "on"},
    }
    assert console.post("/admin/settings/", body).status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.currency) == ("Grand", "JPY")
    assert organization.maintenance_scheduling_enabled is False
    assert (organization.windows_need_approval, organization.window_reminder_hours) == (True, 48)
    late = console.post("/admin/settings/", {**body, "window_reminder_hours": "337"})
    assert "less than or equal to 336" in late.content.decode()
    wrong = console.post("/admin/settings/", {**body, "currency": "yen1"})
    assert wrong.status_code == 200
    week = {"name": "Week", "day0": "08:00-12:00, 13:00–17:00", "day5": ""}
    console.post("/admin/settings/working-hours/", week)
    with tenant_scope(organization.pk):
        calendar = WorkingCalendar.objects.get()
        assert [str(row) for row in calendar.hours.order_by("opens_at")] == [
            "Monday 08:00–12:00",
            "Monday 13:00–17:00",
        ]
    refused = console.post(
        "/admin/settings/working-hours/",
        {"calendar": calendar.pk, "name": "Week", "day1": "early"},
        follow=True,
    )
    assert 'role="alert" tabindex="-1" autofocus>' in refused.content.decode()
    assert "is not a time such as" in refused.content.decode()
    assert "08:00–12:00, 13:00–17:00" in refused.content.decode()
    technician = Client()
    technician.force_login(user_with(Role.TECHNICIAN))
    assert technician.get("/admin/settings/").status_code == 403
    assert "refused" in trail(organization)


def test_an_operator_works_in_another_organisation(
    user_with: UserWith, stranger: Organization, console: Client
) -> None:
    operator = Client()
    operator.force_login(user_with(Role.SUPER_ADMIN))
    factories.user(stranger, name="Their own")
    operator.post("/admin/organizations/", {"slug": stranger.slug})
    assert "Their own" in operator.get("/admin/accounts/user/").content.decode()
    assert trail(stranger) == ["switch_organization"]
    assert operator.post("/admin/organizations/", {"slug": "unknown"}).status_code == 404
    assert console.get("/admin/organizations/").status_code == 403


def test_people(console: Client, user_with: UserWith, organization: Organization) -> None:
    chief, helper = user_with(Role.EXECUTIVE_ADMIN), user_with(Role.TECHNICIAN)
    body = {"email": "Nora@example.org", "name": "Nora", "role": "technician"}
    assert console.post("/admin/accounts/user/add/", body).status_code == 302
    above = console.post("/admin/accounts/user/add/", {**body, "role": "super_admin"})
    assert above.status_code == 200
    assert console.post(f"/admin/accounts/user/{chief.pk}/change/", body).status_code == 403
    console.post(
        "/admin/accounts/user/",
        {"action": "end_access", "_selected_action": [str(helper.pk)]},
    )
    with tenant_scope(organization.pk):
        assert User.objects.get(email="nora@example.org").role == Role.TECHNICIAN
        assert not User.objects.get(pk=helper.pk).is_active
        assert OutboxEvent.objects.filter(name="accounts.mail.requested").count() == 1


def test_the_form_of_an_equal_leaves_their_address_alone(
    console: Client, admin: User, user_with: UserWith
) -> None:
    peer, helper = user_with(Role.ADMIN), user_with(Role.TECHNICIAN)
    for person, role in ((peer, "admin"), (helper, "technician")):
        body = {"email": f"new-{person.email}", "name": "Renamed", "role": role, "is_active": "on"}
        console.post(f"/admin/accounts/user/{person.pk}/change/", body)
    with tenant_scope(admin.organization_id):
        found = dict(User.objects.filter(name="Renamed").values_list("pk", "email"))
    assert found == {peer.pk: peer.email, helper.pk: f"new-{helper.email}"}


def test_the_console_leaves_role_and_access_of_an_equal_alone(
    console: Client, admin: User, user_with: UserWith
) -> None:
    peer = user_with(Role.ADMIN)
    body = {"email": peer.email, "name": "Renamed", "role": "technician"}  # and not active
    console.post(f"/admin/accounts/user/{peer.pk}/change/", body)
    action = {"action": "end_access", "_selected_action": [str(peer.pk)]}
    answer = console.post("/admin/accounts/user/", action, follow=True)
    assert "colleague of your rank" in answer.content.decode()
    with tenant_scope(admin.organization_id):
        peer.refresh_from_db()
    assert (peer.name, peer.role, peer.is_active) == ("Renamed", Role.ADMIN, True)


def test_what_was_open_stays_shut_when_the_access_is_given_back(
    console: Client, user_with: UserWith
) -> None:
    leaver = user_with(Role.TECHNICIAN)
    theirs = Client()
    theirs.force_login(leaver)
    Client().post("/admin/password-reset/", {"email": leaver.email})
    link = link_for(leaver)
    assert Client().get(link, follow=True).status_code == 200
    assert theirs.get("/admin/profile/").status_code == 200
    page = f"/admin/accounts/user/{leaver.pk}/change/"
    body = {"email": leaver.email, "name": "Leaver", "role": "technician"}
    assert console.post(page, body).status_code == 302
    assert console.post(page, {**body, "is_active": "on"}).status_code == 302
    assert theirs.get("/admin/profile/").status_code == 302
    assert Client().get(link, follow=True).status_code == 410
    assert sign_in(leaver.email, factories.PASSWORD).status_code == 302


def test_a_key_is_shown_once(console: Client, admin: User) -> None:
    body = {
        "name": "Booking system",
        "user": admin.pk,
        "scope": "read",
        "expires_at_0": f"{timezone.now() + timedelta(days=365):%Y-%m-%d}",
        "expires_at_1": "00:00",
    }
    shown = console.post("/admin/accounts/apikey/add/", body, follow=True).content.decode()
    assert re.search(r"msk_[0-9a-f]{8}_", shown)
    with tenant_scope(admin.organization_id):
        key = ApiKey.objects.get()
    again = console.get("/admin/accounts/apikey/").content.decode()
    assert f"msk_{key.prefix}_…" in again
    console.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [str(key.pk)]})
    with tenant_scope(admin.organization_id):
        key.refresh_from_db()
    assert key.revoked_at is not None


def test_the_trail_reads_well_and_cheaply(
    console: Client, admin: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    console.post("/admin/profile/", {"name": "Renamed", "phone": "030", "time_zone": ""})
    with django_assert_max_num_queries(10):
        page = console.get("/admin/core/auditentry/").content.decode()
    assert "Renamed" in page
    assert "name, phone" in page
    with tenant_scope(admin.organization_id):
        entry = AuditEntry.objects.get(action="update")
    detail = console.get(f"/admin/core/auditentry/{entry.pk}/change/").content.decode()
    assert "030" in detail
    assert console.post(f"/admin/core/auditentry/{entry.pk}/delete/").status_code == 403


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.MAINTENANCE_COORDINATOR, 403), (Role.VENUE_ADMIN, 403), (Role.ADMIN, 200)],
)
def test_the_trail_of_a_person_is_not_for_every_colleague(
    user_with: UserWith, admin: User, role: Role, status: int
) -> None:
    client = Client()
    client.force_login(user_with(role))
    assert client.get(f"/admin/accounts/user/{admin.pk}/history/").status_code == status


def test_sign_ins_are_told_on_the_clock_of_who_looks(console: Client, admin: User) -> None:
    with tenant_scope(admin.organization_id):
        User.objects.filter(pk=admin.pk).update(time_zone="Asia/Tokyo")
        seen = datetime(2026, 3, 4, 20, tzinfo=UTC)
        factories.user(admin.organization, time_zone="America/New_York", last_login=seen)
    assert "Thu 5 Mar 2026, 05:00" in console.get("/admin/accounts/user/").content.decode()


def test_the_trail_counts_entries(console: Client, admin: User) -> None:
    with tenant_scope(admin.organization_id):
        audit.record("sign_in", admin, by=admin, now=datetime(2026, 3, 4, tzinfo=UTC))
    page = console.get("/admin/core/auditentry/").content.decode()
    assert re.search(r"\b1 entry\b|\b\d+ entries\b", page)
    assert not re.search(r"\d audit trail", page)


def test_a_key_expires_on_the_clock_of_who_makes_it(console: Client, admin: User) -> None:
    with tenant_scope(admin.organization_id):
        User.objects.filter(pk=admin.pk).update(time_zone="Asia/Tokyo")
    form = console.get("/admin/accounts/apikey/add/").content.decode()
    assert re.search(r'type="time" name="expires_at_1" value="\d\d:\d\d"', form)
    day = f"{timezone.now() + timedelta(days=40):%Y-%m-%d}"
    values = {"name": "Machine", "user": str(admin.pk), "scope": "read"}
    answer = console.post(
        "/admin/accounts/apikey/add/", {**values, "expires_at_0": day, "expires_at_1": "08:00"}
    )
    assert answer.status_code == 302
    with tenant_scope(admin.organization_id):
        kept = ApiKey.objects.get(name="Machine").expires_at
    assert f"{kept:%H:%M}" == "23:00"  # 08:00 in Tokyo
    assert ", 08:00" in console.get("/admin/accounts/apikey/").content.decode()


def test_a_refused_page_is_told_without_its_id(console: Client, admin: User) -> None:
    with tenant_scope(admin.organization_id):
        other = factories.user(admin.organization)
    console.get(f"/admin/accounts/user/{other.pk}/delete/")
    page = console.get("/admin/core/auditentry/").content.decode()
    assert "GET /admin/accounts/user/…/delete/" in page
    assert f"user/{other.pk}/delete" not in page


def test_a_week_that_is_refused_comes_back_as_it_was_typed(console: Client, admin: User) -> None:
    with tenant_scope(admin.organization_id):
        calendar = WorkingCalendar.objects.create(name="Usual")
    typed = {"calendar": str(calendar.pk), "name": "Usual", "day0": "25:00", "day1": "07:00-15:00"}
    page = console.post("/admin/settings/working-hours/", typed).content.decode()
    assert "“25:00” is not a time" in page
    assert 'value="25:00"' in page
    assert 'value="07:00-15:00"' in page
