"""What every list of the console offers: columns to choose from, and a file of its rows."""

import csv
import io
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, User
from accounts.rights import Role
from core.admin.base import ModelAdmin
from core.models import AuditEntry, ListPreference
from tests import factories
from tests.console import signed_in

SCHEDULES = "/admin/scheduling/schedule/"
RESOURCES = "/admin/scheduling/resource/"


@pytest.fixture
def console(admin: User, scope: Organization) -> Client:
    return signed_in(admin)


def heads(client: Client, address: str) -> list[str]:
    """The names of the columns that the list shows."""
    page = client.get(address).content.decode()
    return [part.split('"')[0] for part in page.split("<tbody>")[1].split('class="field-')[1:]]


def lists() -> list[str]:
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, page in django_admin.site._registry.items()
        if isinstance(page, ModelAdmin)
    ]


def lines(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_choice_of_columns_is_kept_for_the_person_and_the_list(
    console: Client, admin: User, user_with: Any
) -> None:
    factories.schedule(title="Grease", external_id="M-77")
    standard = ["schedule", "on", "due", "assignee", "state"]
    assert heads(console, SCHEDULES) == standard

    chosen = {"column": ["external_id", "due"], "query": "state=active&o=2"}
    response = console.post(f"{SCHEDULES}columns/", chosen)

    assert response.headers["Location"] == f"{SCHEDULES}?state=active"
    assert heads(console, SCHEDULES) == ["schedule", "due", "external_id"]
    assert "M-77" in console.get(SCHEDULES).content.decode()
    assert heads(signed_in(user_with(Role.ADMIN)), SCHEDULES) == standard
    assert ListPreference.objects.get().user == admin

    console.post(f"{SCHEDULES}columns/", {"column": [], "query": ""})
    assert heads(console, SCHEDULES) == ["schedule"]
    console.post(f"{SCHEDULES}columns/", {"standard": "", "query": ""})
    assert heads(console, SCHEDULES) == standard


def test_columns_that_do_not_exist_are_passed_over(console: Client) -> None:
    factories.schedule()
    console.post(f"{SCHEDULES}columns/", {"column": ["password", "due", "<b>"], "query": "%%&x"})
    assert heads(console, SCHEDULES) == ["schedule", "due"]
    ListPreference.objects.update(columns=["gone", "state"])
    assert heads(console, SCHEDULES) == ["schedule", "state"]


def test_choosing_needs_the_list_itself(user_with: Any, console: Client) -> None:
    requester = signed_in(user_with(Role.REQUESTER))
    for address in ("/admin/accounts/user/", "/admin/core/auditentry/"):
        assert requester.post(f"{address}columns/", {}).status_code == 403
        assert requester.get(f"{address}export/").status_code == 403
    assert console.get(f"{SCHEDULES}columns/").headers["Location"] == SCHEDULES


def test_every_list_offers_both(console: Client, admin: User) -> None:
    factories.schedule(resource=factories.resource())
    for address in lists():
        response = console.get(f"{address}export/")
        assert response.status_code == 200, address
        assert lines(response)[0][0], address
        page = console.get(address).content.decode()
        if "<tbody>" in page:
            assert 'action="columns/"' in page, address
            assert 'href="export/' in page, address


def test_a_file_holds_what_the_list_shows_and_leaves_a_trace(console: Client, admin: User) -> None:
    factories.resource(name="=Lift", code="L1", status="degraded")
    factories.resource(name="Pump", code="P1")

    response = console.get(f"{RESOURCES}export/?status__exact=degraded")

    assert response.headers["Content-Disposition"] == 'attachment; filename="resources.csv"'
    found = lines(response)
    assert [row[:2] for row in found] == [["Code", "Name"], ["L1", "'=Lift"]]
    entry = AuditEntry.objects.get(action="export")
    assert entry.actor_id == admin.pk
    for address in (RESOURCES, f"{RESOURCES}export/"):
        assert console.get(f"{address}?status__exact=%00").status_code == 302
        assert console.get(f"{address}?q=%00").status_code == 200


def test_a_file_of_plain_words(console: Client, admin: User) -> None:
    head, *people = lines(console.get("/admin/accounts/user/export/"))
    row = dict(zip(head, next(row for row in people if row[1] == admin.email), strict=True))
    assert row["Name"] == admin.name
    assert row["Active"] == "Yes"
    assert "<" not in "".join(row.values())


def test_a_list_costs_one_query_more_for_the_choice_and_none_for_rows(
    console: Client, scope: Organization
) -> None:
    counts = []
    for number in (1, 9):
        for _ in range(number):
            factories.schedule(resource=factories.resource())
        with CaptureQueriesContext(connection) as queries:
            console.get(SCHEDULES)
        counts.append(len(queries))
    # session, person, choice of columns, people and types to filter by, count, rows
    assert counts == [7, 7]


def test_cells_are_escaped(console: Client) -> None:
    factories.resource(name="<script>alert(1)</script>", code="X1", external_id='"><img>')
    console.post(f"{RESOURCES}columns/", {"column": ["external_id"], "query": ""})
    page = console.get(RESOURCES).content.decode()
    assert "<script>alert(1)" not in page
    assert '"><img>' not in page
    assert "&lt;script&gt;alert(1)" in page
