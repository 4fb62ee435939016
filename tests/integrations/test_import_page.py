"""Importing on the page: what is shown, corrected, tried and taken over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import RIGHTS, Right, Role
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.services.imports import runs
from scheduling.models import Resource
from tests import factories
from worklogs.models import Log

AMBIGUOUS = "Asset,Completed On\nP-1,03/02/2026\n"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    """The browser of an administrator."""
    client.force_login(admin)
    return client


def upload(
    page: Client, content: str | bytes, entity: str = "resources", name: str = "f.csv"
) -> str:
    """Upload a file; the address to which that leads."""
    data = content if isinstance(content, bytes) else content.encode()
    sent = {"entity": entity, "file": SimpleUploadedFile(name, data)}
    response = page.post("/admin/import/", sent)
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def the_run(organization: Organization) -> ImportRun:
    with tenant_scope(organization.pk):
        run: ImportRun = ImportRun.objects.newest_first()[0]
    return run


def codes(organization: Organization) -> set[str]:
    with tenant_scope(organization.pk):
        return set(Resource.objects.values_list("code", flat=True))


def test_a_file_is_shown_tried_and_taken_over(page: Client, organization: Organization) -> None:
    address = upload(page, "Tag;Asset name;Colour\nP-1;Küchenpumpe;red\n".encode("cp1252"))
    shown = page.get(address).content.decode()
    assert "Küchenpumpe" in shown
    assert "it was read as cp1252" in shown
    assert '<option value="code" selected>' in shown

    tried = page.post(f"{address}start/", {"how": "dry"}, follow=True).content.decode()
    assert "Every row is fine." in tried
    assert codes(organization) == set()

    done = page.post(f"{address}start/", {"how": "all"}, follow=True).content.decode()
    assert "Taken over" in done
    assert codes(organization) == {"P-1"}
    run = the_run(organization)
    assert (run.state, run.created, bool(run.file)) == ("done", 1, False)
    assert page.post(f"{address}start/", {"how": "all"}, follow=True).status_code == 200
    assert "f.csv" in page.get("/admin/import/").content.decode()


def test_columns_and_dates_can_be_corrected(page: Client, organization: Organization) -> None:
    with tenant_scope(organization.pk):
        factories.resource(code="P-1")
    address = upload(page, AMBIGUOUS, "logs")
    assert "can be read day first or month first" in page.get(address).content.decode()

    sent = {
        "columns": "1",
        "encoding": "utf-8",
        "delimiter": ",",
        "field-0": "resource",
        "field-1": "performed_at",
    }
    page.post(f"{address}start/", {**sent, "order-1": "mdy", "how": "all"})

    with tenant_scope(organization.pk):
        assert Log.objects.get().performed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["undefined", "idna", "a\0b", "klingon"])
def test_an_encoding_that_cannot_be_used_is_refused(page: Client, encoding: str) -> None:
    address = upload(page, "code\nP-1\n")
    sent = {"columns": "1", "encoding": encoding, "delimiter": ","}
    answer = page.post(f"{address}read/", sent, follow=True)
    assert "is not an encoding" in answer.content.decode()


def test_a_missing_column_is_asked_for(page: Client, organization: Organization) -> None:
    address = upload(page, "colour\nred\n")
    assert "No column gives:" in page.get(address).content.decode()

    answer = page.post(f"{address}start/", {"how": "dry"}, follow=True).content.decode()
    assert "No column gives: Name" in answer

    page.post(f"{address}read/", {"encoding": "utf-8", "delimiter": ",", "field-0": "name"})
    page.post(f"{address}start/", {"how": "all"})
    assert codes(organization) == {"red"}


def test_refused_rows_come_as_a_file_and_the_good_ones_can_be_kept(
    page: Client, organization: Organization
) -> None:
    address = upload(page, 'code,name,status\nA,=1+1,ok\nB,"=1+1",sleepy\n')

    page.post(f"{address}start/", {"how": "dry"})
    errors = page.get(f"{address}errors/")
    assert errors["Content-Disposition"] == 'attachment; filename="f-rejected.csv"'
    assert ",B,'=1+1,sleepy" in errors.content.decode()

    page.post(f"{address}start/", {"how": "all"})
    assert (the_run(organization).state, codes(organization)) == ("refused", set())
    page.post(f"{address}start/", {"how": "partial"})
    assert (the_run(organization).state, codes(organization)) == ("partial", {"A"})


def test_a_large_file_waits_for_a_worker(
    page: Client, organization: Organization, now: datetime
) -> None:
    text = "code,name\n" + "".join(f"R{n},Room {n}\n" for n in range(301))
    address = upload(page, text)

    page.post(f"{address}start/", {"how": "all"})
    assert "Waiting for a worker" in page.get(address).content.decode()
    assert "HX-Refresh" not in page.get(f"{address}progress/")
    assert runs.work_waiting(now=now) == 1
    assert runs.work_waiting(now=now) == 0

    assert page.get(f"{address}progress/")["HX-Refresh"] == "true"
    assert len(codes(organization)) == 301


def test_an_import_that_ends_every_worker_is_given_up(
    page: Client, organization: Organization, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = upload(page, "code,name\n" + "".join(f"R{n},Room {n}\n" for n in range(301)))
    page.post(f"{address}start/", {"how": "all"})

    def die(*args: object, **options: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(runs, "perform", die)
        for attempt in range(3):
            with pytest.raises(SystemExit):
                runs.work_waiting(now=now + attempt * runs.LEASE)

    assert runs.work_waiting(now=now + 2 * runs.LEASE) == 0
    assert the_run(organization).state == "running"
    assert runs.work_waiting(now=now + 3 * runs.LEASE) == 0
    run = the_run(organization)
    assert (run.state, run.attempts, bool(run.file)) == ("failed", 3, False)
    assert "begun 3 times" in page.get(address).content.decode()
    assert codes(organization) == set()


@pytest.mark.parametrize(
    ("content", "entity", "message"),
    [
        (b"PK\x03\x04", "resources", "the type CSV"),
        (b"", "resources", "empty"),
        (b"a\n1\n", "planets", "Choose what the file holds"),
    ],
)
def test_wrong_files_are_refused_with_advice(
    page: Client, content: bytes, entity: str, message: str
) -> None:
    sent = {"entity": entity, "file": SimpleUploadedFile("f.xlsx", content)}

    response = page.post("/admin/import/", sent)

    assert response.status_code == 400
    assert message in response.content.decode()


def test_an_upload_can_be_discarded_and_is_forgotten_in_time(
    page: Client, organization: Organization, now: datetime
) -> None:
    address = upload(page, "code,name\nA,a\n")
    assert page.post(f"{address}discard/").status_code == 302
    assert page.get(address).status_code == 404

    upload(page, "code,name\nA,a\n")
    run = the_run(organization)
    assert runs.clean_up(now=run.updated_at + timedelta(days=6)) == 0
    assert runs.clean_up(now=run.updated_at + timedelta(days=8)) == 1
    assert not the_run(organization).file


@pytest.mark.parametrize("role", list(Role))
def test_only_those_with_the_right_import(
    client: Client, user_with: Callable[[Role], User], role: Role
) -> None:
    client.force_login(user_with(role))

    expected = 200 if Right.DATA_IMPORT in RIGHTS[role] else 403
    assert client.get("/admin/import/").status_code == expected


def test_the_list_asks_the_database_as_often_for_many_imports_as_for_one(
    page: Client, django_assert_num_queries: Any
) -> None:
    upload(page, "code,name\nA,a\n")
    page.get("/admin/import/")
    with CaptureQueriesContext(connection) as few:
        page.get("/admin/import/")
    count = len(few)
    for _ in range(5):
        upload(page, "code,name\nA,a\n")

    with django_assert_num_queries(count):
        page.get("/admin/import/")


def test_imports_of_others_are_not_found(
    page: Client, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        run, _ = runs.upload(
            b"code,name\nA,a\n", name="f.csv", entity="resources", by=None, now=now
        )

    for part in ("", "progress/", "errors/"):
        assert page.get(f"/admin/import/{run.pk}/{part}").status_code == 404
    for part in ("read/", "start/", "discard/"):
        assert page.post(f"/admin/import/{run.pk}/{part}").status_code == 404
