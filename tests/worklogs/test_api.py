"""`logs` and `attachments` over HTTP."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment, AuditEntry
from core.tenancy import tenant_scope
from scheduling.models import Occurrence, Resource, ResourceEntrustment, Schedule
from tests import factories
from tests.api import Client
from tests.worklogs.conftest import next_due, photo, upload
from worklogs.models import Log

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def post(api: Client, **values: Any) -> Any:
    return api.post("logs", values)


def upload_to(api: Client, data: bytes | None = None, **values: Any) -> Any:
    file = SimpleUploadedFile("IMG.jpg", photo() if data is None else data, "image/jpeg")
    return api.post("attachments", {"file": file, **values}, format="multipart")


def test_record(api: Client, schedule: Schedule, admin: User) -> None:
    """The schedule is enough: resource, person and time follow."""
    response = post(api, schedule=schedule.pk, notes="Oil", issues_found="minor")
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"/api/v1/logs/{body['id']}"
    assert body["resource"] == str(schedule.resource_id)
    assert body["performed_by"] == str(admin.pk)
    assert (body["effect"], body["occurrence_key"]) == ("satisfied", "2026-01-31T08:00")
    assert body["performed_at"] == "2026-03-04T06:00:00Z"
    assert next_due(schedule) == datetime(2026, 3, 31, 6, tzinfo=UTC)
    assert api.get(f"logs/{body['id']}").json() == body
    assert api.get("logs").json()["results"] == [body]


def test_nothing_changes_or_removes_a_log(api: Client, done: Callable[..., Log]) -> None:
    log = done()
    for method in ("put", "patch", "delete"):
        assert getattr(api, method)(f"logs/{log.pk}", {"notes": "x"}).status_code == 405


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({}, 400, "resource"),
        ({"performed_at": "2026-03-04T08:00:00Z"}, 400, "performed_at"),
        ({"performed_at": "soon"}, 400, "performed_at"),
        ({"issues_found": "x"}, 400, "issues_found"),
        ({"duration_minutes": -1}, 400, "duration_minutes"),
        ({"attachments": ["x"]}, 400, "attachments"),
        ({"attachments": [str(uuid4())]}, 400, "attachments"),
        ({"schedule": str(uuid4())}, 404, None),
        ({"resource": "x"}, 400, "resource"),
        ({"occurrence": str(uuid4())}, 404, None),
        ({"occurrence": "2026-05-31T08:00"}, 400, "occurrence"),
        ({"supersedes": str(uuid4())}, 404, None),
    ],
)
def test_refusals(
    api: Client, schedule: Schedule, values: dict[str, Any], status: int, field: str | None
) -> None:
    given = {} if not values else {"schedule": str(schedule.pk), **values}
    response = post(api, **given)
    assert response.status_code == status, response.content
    assert field is None or field in response.json()
    assert not Log.objects.exists()


def test_type_wide_schedule_wants_the_resource(api: Client, scope: Organization) -> None:
    kind = factories.resource_type()
    one = factories.resource(type=kind)
    schedule = factories.schedule(resource_type=kind)
    assert post(api, schedule=schedule.pk).json()["resource"] == str(one.pk)
    factories.resource(type=kind)
    assert "several" in post(api, schedule=schedule.pk).json()["resource"][0]


def test_picked_date_by_id_or_key(
    api: Client, done: Callable[..., Log], schedule: Schedule
) -> None:
    post(api, schedule=schedule.pk, performed_at="2026-02-10T08:00:00Z")
    done(schedule=None)
    key = "2026-02-28T08:00"
    early = {"schedule": schedule.pk, "performed_at": "2026-02-20T08:00:00Z", "occurrence": key}
    assert post(api, **early).json()["occurrence_key"] == key
    row = Occurrence.objects.get(occurrence_key=key)
    assert post(api, **{**early, "occurrence": str(row.pk)}).status_code == 409


def test_early_work(api: Client, scope: Organization) -> None:
    schedule = factories.schedule(start_at=NOW + timedelta(days=10))
    assert post(api, schedule=schedule.pk).json()["effect"] == "extra"
    body = post(api, schedule=schedule.pk, counts_for_occurrence=True).json()
    assert body["effect"] == "satisfied"


def test_the_same_external_id(api: Client, schedule: Schedule) -> None:
    first = post(api, schedule=schedule.pk, external_id="A1")
    again = post(api, schedule=schedule.pk, external_id="A1", notes="x")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]


def test_an_external_id_does_not_open_what_is_out_of_sight(
    api: Client, schedule: Schedule, user_with: Callable[[Role], User]
) -> None:
    post(api, schedule=schedule.pk, external_id="A1", notes="Between us")
    person = user_with(Role.VENUE_ADMIN)
    with tenant_scope(person.organization_id):
        venue = factories.resource()
        ResourceEntrustment.objects.create(user=person, resource=venue)
    answer = post(Client(person), resource=venue.pk, external_id="A1")
    assert answer.status_code == 409
    assert "Between us" not in answer.content.decode()


def test_correct(api: Client, schedule: Schedule, technician: User) -> None:
    first = post(api, schedule=schedule.pk, notes="Oil").json()
    assert "correction_reason" in post(api, supersedes=first["id"], notes="x").json()
    values = {"supersedes": first["id"], "notes": "Oil changed", "correction_reason": "More"}
    assert post(Client(technician), **values).status_code == 403
    other = str(factories.resource().pk)
    assert "resource" in post(api, **values, resource=other).json()
    new = post(api, **values)
    assert new.status_code == 201
    assert (new.json()["supersedes"], new.json()["notes"]) == (first["id"], "Oil changed")
    assert api.get(f"logs/{first['id']}").json()["superseded_by"] == new.json()["id"]
    conflict = post(api, **values)
    assert conflict.status_code == 409
    assert conflict.json()["conflicts"] == [{"type": "log", "id": new.json()["id"]}]
    due_at = next_due(schedule)
    void = post(api, supersedes=new.json()["id"], is_void=True, correction_reason="Not done")
    assert void.json()["effect"] == "void"
    assert next_due(schedule) != due_at


def test_filters_and_order(
    api: Client, done: Callable[..., Log], schedule: Schedule, admin: User
) -> None:
    old = done(performed_at=NOW - timedelta(days=20), notes="Belt worn", issues_found="major")
    new = done(schedule=None, performed_by=admin)

    def found(query: str) -> set[str]:
        response = api.get(f"logs?{query}")
        assert response.status_code == 200, response.content
        return {row["id"] for row in response.json()["results"]}

    old_only = [
        f"schedule={schedule.pk}",
        "issues_found=major",
        "search=belt",
        "maintenance_type=preventive",
        "performed_at_before=2026-02-20T00:00:00Z",
        f"effect={old.effect}",
    ]
    new_only = [
        f"performed_by={admin.pk}",
        "performed_at_after=2026-02-20T00:00:00Z",
        "issues_found=none",
    ]
    assert [found(query) for query in old_only] == [{str(old.pk)}] * len(old_only)
    assert [found(query) for query in new_only] == [{str(new.pk)}] * len(new_only)
    assert found(f"resource={schedule.resource_id}") == {str(old.pk), str(new.pk)}
    order = [row["id"] for row in api.get("logs?ordering=performed_at").json()["results"]]
    assert order == [str(old.pk), str(new.pk)]
    post(api, supersedes=new.pk, is_void=True, correction_reason="x")
    assert found("effective=true") == {str(old.pk)}
    assert len(found("effective=false")) == 2
    for wrong in ("performed_at_after=x", "issues_found=x", "ordering=notes", "maintenance_type=x"):
        assert api.get(f"logs?{wrong}").status_code == 400
    assert api.get(f"logs?resource={uuid4()}").status_code == 404


def test_csv(api: Client, done: Callable[..., Log], technician: User) -> None:
    done(notes="+1", issues_found="major")
    done(schedule=None)
    response: Any = api.get("logs?format=csv&issues_found=major&bom=true")
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    assert [row["notes"] for row in csv.DictReader(text.splitlines())] == ["'+1"]
    assert AuditEntry.objects.get(action="export").changes["issues_found"] == [None, "major"]
    assert Client(technician).get("logs?format=csv").status_code == 403
    assert api.get("logs?format=csv&issues_found=x").status_code == 400


def test_query_counts(api: Client, done: Callable[..., Log], admin: User) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(address).status_code == 200
        return len(captured)

    for day in range(12):
        log = done(
            performed_at=NOW - timedelta(days=day * 2),
            by=admin,
            attachments=[upload(admin, NOW).pk],
        )
        if day == 1:
            few = [count("logs"), count(f"logs/{log.pk}")]
    assert [count("logs"), count(f"logs/{log.pk}")] == few
    assert few == [3, 5]


def test_switched_off(api: Client, organization: Organization, schedule: Schedule) -> None:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    response = post(api, schedule=schedule.pk)
    assert (response.status_code, response.json()["code"]) == (404, "not_enabled")


def test_another_organisation_sees_nothing(
    done: Callable[..., Log], stranger: Organization, schedule: Schedule, admin: User
) -> None:
    file = upload(admin, NOW)
    log = done(by=admin, attachments=[file.pk])
    with tenant_scope(stranger.pk):
        theirs = Client(factories.user(stranger, role=Role.ADMIN))
    assert theirs.get("logs").json()["results"] == []
    for address in (
        f"logs/{log.pk}",
        f"logs?schedule={schedule.pk}",
        f"attachments/{file.pk}",
        f"attachments/{file.pk}/file",
        f"attachments?target_id={log.pk}",
    ):
        assert theirs.get(address).status_code == 404
    for body in (
        {"schedule": schedule.pk},
        {"resource": schedule.resource_id},
        {"supersedes": log.pk},
    ):
        assert post(theirs, **body).status_code == 404


def test_technician_logs_what_is_assigned(
    technician: User, schedule: Schedule, admin: User
) -> None:
    api = Client(technician)
    assert post(api, schedule=schedule.pk).status_code == 404
    Schedule.objects.filter(pk=schedule.pk).update(assigned_to=technician)
    assert post(api, schedule=schedule.pk, performed_by=admin.pk).status_code == 403
    assert post(api, schedule=schedule.pk).json()["performed_by"] == str(technician.pk)
    assert post(api, resource=schedule.resource_id).json()["effect"] == "extra"


def test_requesters_read_only(
    user_with: Callable[[Role], User], done: Callable[..., Log], schedule: Schedule
) -> None:
    requester = user_with(Role.REQUESTER)
    log = done()
    api = Client(requester)
    assert api.get(f"logs/{log.pk}").status_code == 404
    Resource.objects.filter(schedules=schedule).update(owner=requester)
    assert api.get(f"logs/{log.pk}").status_code == 200
    assert post(api, schedule=schedule.pk).status_code == 403


def test_requesters_bring_photos_for_their_reports(user_with: Callable[[Role], User]) -> None:
    assert upload_to(Client(user_with(Role.REQUESTER))).status_code == 201


def test_upload_then_log(api: Client, schedule: Schedule) -> None:
    made = upload_to(api)
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["kind"], body["content_type"], body["target_id"]) == ("photo", "image/jpeg", None)
    assert [row["id"] for row in api.get("attachments").json()["results"]] == [body["id"]]
    log = post(api, schedule=schedule.pk, attachments=[body["id"]]).json()
    assert [file["id"] for file in log["attachments"]] == [body["id"]]
    assert log["attachment_hashes"] == [body["sha256"]]
    assert api.get("attachments").json()["results"] == []
    listed = api.get(f"attachments?target_id={log['id']}").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    for key in ("url", "thumbnail_url"):
        answer: Any = api.get(log["attachments"][0][key])
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)
    for method in ("put", "patch", "delete"):
        assert getattr(api, method)(f"attachments/{body['id']}").status_code == 405
    assert "already belongs" in str(
        post(api, schedule=schedule.pk, attachments=[body["id"]]).json()
    )


def test_upload_refusals(api: Client, done: Callable[..., Log]) -> None:
    log = done()
    assert "not accepted" in str(upload_to(api, b"<svg onload=alert(1)>").json()["file"])
    assert "target_id" in upload_to(api, target_id=str(log.pk)).json()
    assert "target_type" in upload_to(api, target_type="moon").json()
    assert api.post("attachments", {"file": "x"}).status_code == 415
    assert "target_id" in api.get("attachments?target_id=x").json()
    assert api.get("attachments?target_type=moon&target_id=" + str(log.pk)).status_code == 404
    assert not Attachment.objects.exists()


def test_others_do_not_see_free_uploads(admin: User, technician: User, scope: Organization) -> None:
    file = upload(admin, NOW)
    assert Client(technician).get(f"attachments/{file.pk}/file").status_code == 404
    assert Client(technician).get("attachments").json()["results"] == []
