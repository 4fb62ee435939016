"""Bookings, free time and the overview of windows in the console."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, Window
from tests import factories
from tests.console import signed_in
from tests.scheduling.conftest import Check
from tests.scheduling.test_console_windows import HOUR, form, text_of


def test_contacts_show_to_those_with_the_right_only(
    organization: Organization, user_with: Callable[[Role], User], lift: Resource, noon: datetime
) -> None:
    with tenant_scope(organization.pk):
        booking = factories.booking(noon, noon + HOUR, resource=lift, contact_name="Ada Guest")
    address = f"/admin/scheduling/booking/{booking.pk}/change/"
    assert "Ada Guest" in text_of(signed_in(user_with(Role.ADMIN)).get(address))
    assert "Ada Guest" not in text_of(signed_in(user_with(Role.TECHNICIAN)).get(address))


def test_bookings_are_entered_changed_and_refused(
    console: Client, lift: Resource, noon: datetime
) -> None:
    add = "/admin/scheduling/booking/add/"
    values = {
        **form(lift, noon, noon + HOUR),
        **{"status": "confirmed", "people": "3", "reference": "B-9", "contact_email": "x"},
    }
    assert "valid email" in text_of(console.post(add, values))
    console.post(add, {**values, "contact_email": "ada@example.org"})
    booking = Booking.objects.get()
    assert (booking.people, booking.contact_email) == (3, "ada@example.org")
    console.post(
        f"/admin/scheduling/booking/{booking.pk}/change/",
        {**values, "contact_email": "", "people": "5"},
    )
    booking.refresh_from_db()
    assert (booking.people, booking.contact_email) == (5, "")
    factories.window(noon + 3 * HOUR, noon + 4 * HOUR, resource=lift, title="Ropes")
    refused = {**values, **form(lift, noon + 3 * HOUR, noon + 4 * HOUR), "reference": "B-10"}
    assert "collides with Ropes" in text_of(console.post(add, {**refused, "contact_email": ""}))


def test_free_time_leads_to_the_form(console: Client, lift: Resource, noon: datetime) -> None:
    factories.booking(noon, noon + HOUR, resource=lift)
    query = {"minutes": "60", "start": f"{noon:%Y-%m-%d}", "end": f"{noon:%Y-%m-%d}"}
    page = text_of(console.get("/admin/availability/", query))
    assert "00:00 to 12:00" in page
    assert "13:00 to" in page
    assert f"/admin/scheduling/window/add/?resource={lift.pk}" in page
    none = text_of(console.get("/admin/availability/", {**query, "people": "9"}))
    assert "Nothing is free" in none
    wrong = text_of(console.get("/admin/availability/", {**query, "end": "2020-01-01"}))
    assert "shorter than what is looked for" in wrong


def test_the_overview_counts_and_costs_the_same(
    console: Client, lift: Resource, noon: datetime
) -> None:
    soon = noon - timedelta(days=7)
    factories.window(soon, soon + HOUR, resource=lift, title="Ropes")
    factories.booking(soon, soon + HOUR, resource=lift, source="pms")
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = text_of(console.get("/admin/windows/", headers={"HX-Request": "true"}))
        counts.append(len(queries))
        start = soon + (number + 2) * HOUR
        factories.window(start, start + HOUR, resource=lift)
    assert "Ropes" in page
    assert "1 booking" in page
    assert counts[0] == counts[1] <= 13


def test_a_window_for_what_came_due_keeps_its_date(
    console: Client, lift: Resource, check: Check, noon: datetime
) -> None:
    now = timezone.now()
    schedule = factories.schedule(resource=lift, title="Grease", start_at=now - timedelta(hours=2))
    check(now)
    address = f"/admin/scheduling/window/add/?resource={lift.pk}&schedule={schedule.pk}"
    values = {**form(lift, noon, noon + HOUR), "title": "Grease"}
    page = text_of(console.post(address, values, follow=True))
    window = Window.objects.select_related("occurrence").get()
    assert window.occurrence is not None
    assert window.occurrence.schedule_id == schedule.pk
    assert f'for <a href="/admin/scheduling/schedule/{schedule.pk}/">Grease</a>' in page
