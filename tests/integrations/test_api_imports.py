"""Files by API: what the console and the command answer, through the same service."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.services.imports import runs, source
from scheduling.models import Booking, Resource
from tests import factories
from tests.api import Client

pytestmark = pytest.mark.django_db
GOOD = "code,name\nR1,Room 1\nR2,Room 2\n"
BAD = "code,name,parent\nR1,Room 1,\nR2,Orphan,NOWHERE\n"


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


def sent(api: Client, text: str, entity: str = "resources", **values: Any) -> Any:
    file = SimpleUploadedFile("rooms.csv", text.encode(), content_type="text/csv")
    body = {"entity": entity, "file": file, **values}
    return api.post("imports", body, format="multipart")


def codes(organization: Organization) -> set[str]:
    with tenant_scope(organization.pk):
        return set(Resource.objects.values_list("code", flat=True))


def test_a_file_is_tried_and_taken_over(api: Client, organization: Organization) -> None:
    tried = sent(api, GOOD, dry_run="true")
    assert (tried.status_code, tried.json()["state"], tried.json()["created"]) == (
        *(201, "checked"),
        2,
    )
    assert codes(organization) == set()
    done = sent(api, GOOD).json()
    assert (done["state"], done["created"], done["problems"]) == ("done", 2, [])
    assert codes(organization) == {"R1", "R2"}
    again = sent(api, GOOD).json()
    assert (again["created"], again["unchanged"]) == (0, 2)
    assert api.get(f"imports/{done['id']}").json() == done
    listed = api.get("imports", {"state": "done"}).json()["results"]
    assert {row["id"] for row in listed} == {done["id"], again["id"]}


def test_rows_are_refused_by_line_all_or_only_these(
    api: Client, organization: Organization
) -> None:
    refused = sent(api, BAD).json()
    assert (refused["state"], refused["rejected"]) == ("refused", 1)
    assert [row["line"] for row in refused["problems"]] == [3]
    assert codes(organization) == set()
    errors = api.get(f"imports/{refused['id']}/errors")
    assert (errors["Content-Type"], b"Orphan" in errors.content) == (
        "text/csv; charset=utf-8",
        True,
    )
    kept = sent(api, BAD, on_error="keep_good").json()
    assert (kept["state"], kept["created"], kept["rejected"]) == ("partial", 1, 1)
    assert codes(organization) == {"R1"}
    good = sent(api, GOOD).json()
    assert api.get(f"imports/{good['id']}/errors").status_code == 404


def test_columns_are_named_where_they_are_not_recognised(
    api: Client, organization: Organization
) -> None:
    text = "Aaa,Zzz\nR9,Room 9\n"
    missing = sent(api, text)
    assert missing.status_code == 400
    assert sent(api, text, mapping='{"Aaa": "code", "Zzz": "name"}').json()["created"] == 1
    assert codes(organization) == {"R9"}
    assert list(sent(api, text, mapping="[1]").json()) == ["mapping"]
    assert list(sent(api, text, mapping='{"Nowhere": "code"}').json()) == ["mapping"]
    with tenant_scope(organization.pk):
        assert ImportRun.objects.count() == 1  # what could not be read is not kept


def test_bookings_come_with_their_system(api: Client, organization: Organization) -> None:
    with tenant_scope(organization.pk):
        factories.resource(code="R1")
    text = (
        "reference,resource,starts_at,ends_at\nB-1,R1,2030-01-01T08:00:00Z,2030-01-01T09:00:00Z\n"
    )
    assert sent(api, text, "bookings", source="pms").json()["created"] == 1
    with tenant_scope(organization.pk):
        assert Booking.objects.get().source == "pms"


def test_a_large_file_waits_for_a_worker(
    api: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    answer = sent(api, GOOD)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    with tenant_scope(organization.pk):
        run = ImportRun.objects.get()
        runs.work(run.pk, now=run.created_at)
    assert api.get(answer["Location"]).json()["state"] == "done"


def test_no_file_is_larger_than_the_limit(
    api: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_BYTES", 20)
    assert sent(api, GOOD).status_code == 413
    assert codes(organization) == set()


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.TECHNICIAN, Role.VENUE_ADMIN])
def test_only_those_may_who_may_in_the_console(
    role: Role, user_with: Callable[[Role], User], organization: Organization
) -> None:
    client = Client(user_with(role))
    assert sent(client, GOOD).status_code == 403
    assert client.get("imports").status_code == 403
    assert codes(organization) == set()
