"""The console's base classes: rights, scope, services, refusals, and lists that never count a table."""

from typing import Any

import pytest
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from core import rights_hook
from core.admin import paginator as paging
from core.admin.paginator import BoundedPaginator
from core.models import AuditEntry
from core.tenancy import tenant_scope
from tests.core.conftest import person

PEOPLE = "/admin/accounts/user/"
HELD: set[str] = set()


@pytest.fixture(autouse=True)
def console(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.core.console_urls"
    settings.UNFOLD = {}
    HELD.clear()
    HELD.update({"see", "edit", "remove"})
    monkeypatch.setattr(rights_hook, "_checker", lambda user, right: right in HELD)


@pytest.fixture
def browser(anna: User) -> Client:
    client = Client()
    with tenant_scope(anna.organization_id):
        client.force_login(anna)
    return client


def row(email: str, name: str) -> dict[str, str]:
    return {"email": email, "name": name, "role": Role.ADMIN.value}


def test_lists_show_the_organizations_rows(browser: Client, otto: User) -> None:
    page = browser.get(PEOPLE).content.decode()
    assert "anna@adler.example" in page
    assert "otto@stadtwerke.example" not in page


@pytest.mark.parametrize("suffix", ["change", "delete", "history"])
def test_other_organizations_rows_do_not_exist(suffix: str, browser: Client, otto: User) -> None:
    response = browser.get(f"{PEOPLE}{otto.pk}/{suffix}/")
    assert response.status_code == 404


def test_rights_decide(browser: Client, anna: User) -> None:
    HELD.discard("edit")
    assert browser.get(f"{PEOPLE}add/").status_code == 403
    assert browser.get(f"{PEOPLE}{anna.pk}/change/").status_code == 200
    assert browser.post(f"{PEOPLE}{anna.pk}/change/", row("x@x.example", "x")).status_code == 403
    HELD.clear()
    assert browser.get(PEOPLE).status_code == 403
    assert browser.get(f"{PEOPLE}{anna.pk}/delete/").status_code == 403


def test_without_a_table_of_rights_nothing_is_allowed(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights_hook, "_checker", None)
    assert browser.get(PEOPLE).status_code == 403
    assert not rights_hook.has_right(object(), None)


def test_edits_go_through_the_services(browser: Client, anna: User) -> None:
    browser.post(f"{PEOPLE}add/", row("berta@adler.example", "Berta"))
    with tenant_scope(anna.organization_id):
        berta = User.objects.get(name="Berta")
    browser.post(f"{PEOPLE}{berta.pk}/change/", row("berta@adler.example", "Bertha"))
    history = browser.get(f"{PEOPLE}{berta.pk}/history/").content.decode()
    assert "Berta → Bertha" in history
    assert "(hidden)" in history
    browser.post(f"{PEOPLE}{berta.pk}/delete/", {"post": "yes"})
    with tenant_scope(anna.organization_id):
        trail = list(
            AuditEntry.objects.filter(object_id=str(berta.pk))
            .order_by("id")
            .values_list("action", "actor_label")
        )
        assert not User.objects.filter(pk=berta.pk).exists()
        changed = AuditEntry.objects.get(object_id=str(berta.pk), action="update").changes
    assert trail == [("create", "anna"), ("update", "anna"), ("delete", "anna")]
    assert changed == {"name": ["Berta", "Bertha"]}


def test_a_refusal_brings_the_form_back(browser: Client, otto: User) -> None:
    response = browser.post(f"{PEOPLE}add/", row("new@adler.example", "refused"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "That name is taken by history." in page
    assert "new@adler.example" in page
    form = response.context["adminform"].form
    assert form.errors == {"name": ["That name is taken by history."]}
    response = browser.post(f"{PEOPLE}add/", row(otto.email, "Otto"))
    page = response.content.decode()
    assert "This e-mail address cannot be used" in page
    assert "Another user" not in page


def test_a_refused_deletion_is_a_message(browser: Client, anna: User) -> None:
    kept = person(anna.organization, "kept@adler.example")
    lost = person(anna.organization, "lost@adler.example")
    response = browser.post(f"{PEOPLE}{kept.pk}/delete/", {"post": "yes"}, follow=True)
    assert "This person is still needed." in response.content.decode()
    selected = {"action": "delete_selected", "post": "yes", "_selected_action": [kept.pk, lost.pk]}
    response = browser.post(PEOPLE, selected, follow=True)
    assert "This person is still needed." in response.content.decode()
    with tenant_scope(anna.organization_id):
        assert User.objects.filter(pk__in=[kept.pk, lost.pk]).count() == 2
        kept.name = "free"
        kept.save()
    response = browser.post(PEOPLE, selected, follow=True)
    with tenant_scope(anna.organization_id):
        assert not User.objects.filter(pk__in=[kept.pk, lost.pk]).exists()


def test_ledgers_can_only_be_read(browser: Client, anna: User) -> None:
    assert browser.get("/admin/core/auditentry/").status_code == 200
    assert browser.get("/admin/core/auditentry/add/").status_code == 403


def test_long_lists_are_not_counted(
    browser: Client, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_LIMIT", 120)
    with tenant_scope(anna.organization_id):
        User.objects.bulk_create(
            [User(email=f"p{n}@x.example", name=f"p{n:03}", role=Role.ADMIN) for n in range(170)]
        )
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = browser.get(PEOPLE).content.decode()
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 121" in sql for sql in counts)
    assert "1–50" in page
    assert "of more than 120 users" in page
    assert "?p=2" in page
    last = browser.get(f"{PEOPLE}?p=4").content.decode()
    assert "151–171" in last
    assert "?p=3" in last
    assert "?p=5" not in last
    assert browser.get(f"{PEOPLE}?p=0").status_code == 302
    short = browser.get(f"{PEOPLE}?q=p00").content.decode()
    assert "of more than" not in short
    assert "10" in short


def test_pages_of_plain_lists_and_wrong_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = BoundedPaginator(list(range(95)), 10)
    assert (pages.count, pages.num_pages, pages.page(10).object_list[-1]) == (95, 10, 94)
    with pytest.raises(EmptyPage):
        pages.page(11)
    monkeypatch.setattr(paging, "COUNT_LIMIT", 20)
    pages = BoundedPaginator(list(range(95)), 10)
    assert pages.page(9).has_next()
    assert not pages.page(10).has_next()
    for wrong, error in (("x", PageNotAnInteger), (0, EmptyPage)):
        with pytest.raises(error):
            pages.page(wrong)


def test_columns_that_are_no_filter_cannot_be_guessed(browser: Client, anna: User) -> None:
    query = {"password__startswith": anna.password[:6]}
    assert browser.get(PEOPLE, query).status_code == 400


def test_what_a_search_found_is_not_counted(browser: Client, anna: User) -> None:
    with tenant_scope(anna.organization_id):
        User.objects.bulk_create(
            [User(email=f"p{n}@x.example", name=f"p{n:03}", role=Role.ADMIN) for n in range(120)]
        )
    with CaptureQueriesContext(connection) as queries:
        page = browser.get(f"{PEOPLE}?q=p").content.decode()
    assert not [query for query in queries if "COUNT(" in query["sql"]]
    assert "1–50\n                of more than 50 users" in page
    third = browser.get(f"{PEOPLE}?q=p0&p=2").content.decode()
    assert "51–100" in third
    assert "?q=p0&amp;p=3" not in third
    assert '<div class="py-4">10 users' in browser.get(f"{PEOPLE}?q=p01").content.decode()
