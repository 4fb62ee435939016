"""The console's pages of the log: what they show, whom they refuse, what they cost."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment, AuditEntry
from scheduling.models import Schedule
from tests import factories
from tests.worklogs.conftest import next_due, photo, sign_in, upload
from worklogs.models import Log
from worklogs.services.corrections import correct_log

LIST = "/admin/worklogs/log/"
COMPLETE = "/admin/logs/complete/"
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(time_machine: Any) -> None:
    """Wednesday 4 March 2026, 07:00 in Berlin."""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    """An administrator at the console."""
    sign_in(client, admin)
    return client


def text(response: Any) -> str:
    assert response.status_code == 200, response.content[:2000]
    return str(response.content.decode())


def queries(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code == 200
    return len(captured)


def test_empty_list_offers_the_next_step(page: Client, scope: Organization) -> None:
    assert "Nothing has been logged yet" in text(page.get(LIST))
    assert "No log fits" in text(page.get(LIST, {"issues": "major"}))


def test_list_shows_what_counts(page: Client, done: Callable[..., Log], admin: User) -> None:
    log = done(
        performed_at=NOW - timedelta(days=1),
        notes="Belt <worn>",
        issues_found="major",
        attachments=[upload(admin, NOW).pk],
        by=admin,
        performed_by=admin,
    )
    shown = text(page.get(LIST))
    assert "Belt &lt;worn&gt;" in shown
    assert "Tue 3 Mar 2026, 07:00" in shown
    assert "yesterday" in shown
    assert "/thumbnail/" in shown
    assert "Completed the date due Sat 31 Jan 2026, 08:00, 31 days late." in shown
    correct_log(log=log, changes={"notes": "Other"}, reason="Typo", by=admin, now=NOW)
    assert "Belt" not in text(page.get(LIST))
    assert "Belt" in text(page.get(LIST, {"shown": "all"}))
    assert "Corrected since" in text(page.get(LIST, {"shown": "replaced"}))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "belt"}, True),
        ({"q": "inspection"}, True),
        ({"q": "zebra"}, False),
        ({"issues": "found"}, True),
        ({"issues": "minor"}, False),
        ({"period": "7"}, True),
        ({"kind": "preventive"}, True),
        ({"kind": "cleaning"}, False),
        ({"person": "nobody"}, False),
        ({"resource": "01890000-0000-7000-8000-000000000000"}, False),
        (
            {"before": "rubbish", "issues": "\x00", "period": "x", "after": "2026-13-45T00:00Z~1"},
            True,
        ),
    ],
)
def test_filters(
    page: Client, done: Callable[..., Log], query: dict[str, str], found: bool
) -> None:
    done(notes="Belt", issues_found="major")
    assert ("log-row" in text(page.get(LIST, query))) is found


def test_pages_lead_back_and_forth(
    page: Client, done: Callable[..., Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    from worklogs.pages import lists

    monkeypatch.setattr(lists, "PAGE", 2)
    made = [
        done(schedule=None, notes=f"work{n}", performed_at=NOW - timedelta(n // 2))
        for n in range(5)
    ]
    seen: list[str] = []
    address, pages = LIST, []
    while True:
        response = page.get(address)
        seen += [row.log.notes for row in response.context["rows"]]
        pages.append([row.log.pk for row in response.context["rows"]])
        if not response.context["older"]:
            break
        address = f"{LIST}?{response.context['older']}"
    assert sorted(seen) == sorted(log.notes for log in made)
    assert seen[0] in {"work0", "work1"}
    back = page.get(f"{LIST}?{response.context['newer']}")
    assert [row.log.pk for row in back.context["rows"]] == pages[-2]


def test_query_counts_do_not_grow(page: Client, done: Callable[..., Log], admin: User) -> None:
    for day in range(3):
        log = done(
            performed_at=NOW - timedelta(days=day * 2),
            by=admin,
            attachments=[upload(admin, NOW).pk],
        )
    few = [queries(lambda: page.get(LIST)), queries(lambda: page.get(detail(log)))]
    for day in range(3, 12):
        done(
            performed_at=NOW - timedelta(days=day * 2),
            by=admin,
            attachments=[upload(admin, NOW).pk],
        )
    assert [queries(lambda: page.get(LIST)), queries(lambda: page.get(detail(log)))] == few
    assert few[0] <= 6
    assert few[1] <= 6


def detail(log: Log) -> str:
    return reverse("admin:worklogs_log_change", args=[log.pk])


def test_detail_tells_the_history(page: Client, done: Callable[..., Log], admin: User) -> None:
    log = done(notes="First")
    new = correct_log(log=log, changes={"notes": "Second"}, reason="Typo", by=admin, now=NOW)
    shown = text(page.get(detail(new)))
    assert "Correction history" in shown
    assert "Corrected: Typo" in shown
    assert "Next due:" in shown
    assert "Open the newest version" in text(page.get(detail(log)))


def test_who_sees_what(
    client: Client,
    done: Callable[..., Log],
    user_with: Callable[[Role], User],
    stranger: Organization,
    schedule: Schedule,
) -> None:
    log = done()
    addresses = [detail(log), reverse("admin:worklogs_log_correct", args=[log.pk])]
    assert client.get(LIST).status_code == 302
    sign_in(client, user_with(Role.VENUE_ADMIN))
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    assert client.get(COMPLETE, {"schedule": str(schedule.pk)}).status_code == 404
    sign_in(client, user_with(Role.TECHNICIAN))
    assert [client.get(address).status_code for address in addresses] == [200, 403]
    assert client.get(f"{LIST}export/").status_code == 403
    assert client.get(COMPLETE, {"schedule": str(schedule.pk)}).status_code == 404
    sign_in(client, user_with(Role.REQUESTER))
    assert client.get(COMPLETE).status_code == 403
    sign_in(client, factories.user(stranger, role=Role.ADMIN))
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    for name in ("resource", "schedule"):
        assert client.get(COMPLETE, {name: str(schedule.pk)}).status_code == 404


def test_export_streams_what_is_filtered(
    page: Client, done: Callable[..., Log], admin: User
) -> None:
    done(notes="=cmd", issues_found="major")
    done(schedule=None, notes="other")
    response = page.get(f"{LIST}export/", {"issues": "major"})
    assert response.streaming
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert body.startswith("\ufeff")
    assert [row["notes"] for row in csv.DictReader(body.splitlines())] == ["'=cmd"]
    entry = AuditEntry.objects.get(action="export")
    assert (entry.actor_id, entry.changes) == (admin.pk, {"issues": [None, "major"]})


def complete(client: Client, schedule: Schedule, query: str = "", **values: Any) -> Any:
    data = {"performed_at": "2026-03-04T07:00", "issues_found": "none", "next": "/admin/", **values}
    return client.post(f"{COMPLETE}?schedule={schedule.pk}{query}", data)


def test_three_clicks(page: Client, schedule: Schedule, admin: User) -> None:
    """Open, Done, saved: the form comes filled in, nothing has to be typed."""
    form = text(page.get(COMPLETE, {"schedule": str(schedule.pk)}))
    assert 'value="2026-03-04T07:00"' in form
    assert "Overdue, was due Sat 31 Jan 2026, 08:00" in form
    response = complete(page, schedule, performed_by=admin.pk)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    log = Log.objects.get()
    assert (log.performed_by, log.performed_at, log.effect) == (admin, NOW, "satisfied")
    told = [str(message) for message in page.get(LIST).context["messages"]]
    assert told == ["Logged. Next due: Tue 31 Mar 2026, 08:00 (in 27 days)."]


def test_dialog_gets_the_inner_part(page: Client, schedule: Schedule) -> None:
    form = text(page.get(COMPLETE, {"schedule": str(schedule.pk)}, headers={"X-Dialog": "1"}))
    assert "<html" not in form
    assert "data-close" in form
    response = page.post(
        f"{COMPLETE}?schedule={schedule.pk}",
        {"performed_at": "2026-03-04T07:00", "issues_found": "none"},
        headers={"X-Dialog": "1"},
    )
    assert response.status_code == 204


def test_technician_logs_as_themselves(
    client: Client, schedule: Schedule, user_with: Callable[[Role], User], admin: User
) -> None:
    technician = user_with(Role.TECHNICIAN)
    Schedule.objects.filter(pk=schedule.pk).update(assigned_to=technician)
    sign_in(client, technician)
    assert "performed_by" not in text(client.get(COMPLETE, {"schedule": str(schedule.pk)}))
    assert complete(client, schedule, performed_by=admin.pk).status_code == 302
    assert Log.objects.get().performed_by == technician


def test_early_work_is_asked_about(page: Client, scope: Organization) -> None:
    schedule = factories.schedule(start_at=NOW + timedelta(days=10))
    asked = "This is early. Count it for the date due Sat 14 Mar 2026, 07:00?"
    assert asked in text(page.get(COMPLETE, {"schedule": str(schedule.pk)}))
    question = page.get(
        f"{COMPLETE}question/", {"schedule": str(schedule.pk), "performed_at": "2026-03-03T07:00"}
    )
    assert asked in text(question)
    complete(page, schedule, counts="no")
    assert Log.objects.get().effect == "extra"
    complete(page, schedule, counts="yes")
    assert Log.objects.filter(effect="satisfied").count() == 1


def test_picked_date(page: Client, scope: Organization) -> None:
    schedule = factories.schedule(start_at=NOW + timedelta(days=10))
    key = "&occurrence=2026-03-14T07:00"
    assert complete(page, schedule, key, counts="yes").status_code == 302
    assert next_due(schedule) == datetime(2026, 4, 14, 7, tzinfo=ZoneInfo("Europe/Berlin"))
    again = complete(page, schedule, key, counts="yes")
    assert again.status_code == 422
    assert "no longer open" in again.content.decode()


def test_refused_form_keeps_the_photos(page: Client, schedule: Schedule, admin: User) -> None:
    file = SimpleUploadedFile("IMG.jpg", photo(), "image/jpeg")
    response = complete(page, schedule, performed_at="2026-03-05T07:00", files=file)
    assert response.status_code == 422
    assert "future" in response.content.decode()
    kept = Attachment.objects.get()
    assert str(kept.pk) in response.content.decode()
    complete(page, schedule, attachment=str(kept.pk), performed_by=admin.pk)
    kept.refresh_from_db()
    assert kept.target_id == Log.objects.get().pk


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"performed_at": ""}, "required"),
        ({"performed_at": "soon"}, "such as"),
        ({"performed_at": "0001-01-01T00:00"}, ""),
        ({"issues_found": "x"}, "valid choice"),
        ({"duration_minutes": "-5"}, "greater than"),
        ({"notes": "a\x00b"}, "Null"),
        ({"files": SimpleUploadedFile("a.exe", b"MZ\x00\x01")}, "not accepted"),
    ],
)
def test_wrong_input_is_explained(
    page: Client, schedule: Schedule, values: dict[str, Any], message: str
) -> None:
    response = complete(page, schedule, **values)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Log.objects.exists()


def test_choice_of_what_was_done(page: Client, schedule: Schedule) -> None:
    shown = text(page.get(COMPLETE))
    assert "What is due" in shown
    assert f"schedule={schedule.pk}" in shown
    found = text(page.get(COMPLETE, {"q": "resource"}))
    assert "Work outside any schedule on" in found
    assert "Nothing fits" in text(page.get(COMPLETE, {"q": "zebra"}))
    assert "unplanned=1" in text(page.get(COMPLETE, {"resource": str(schedule.resource_id)}))
    response = page.post(
        f"{COMPLETE}?resource={schedule.resource_id}&unplanned=1",
        {"performed_at": "2026-03-04T07:00", "issues_found": "minor"},
    )
    assert response["Location"] == f"{LIST}?resource={schedule.resource_id}"
    assert Log.objects.get().schedule is None


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:x", COMPLETE]
)
def test_the_way_back_stays_on_this_site(page: Client, schedule: Schedule, next_: str) -> None:
    assert complete(page, schedule, next=next_)["Location"].startswith(LIST)


def test_correction_form(page: Client, done: Callable[..., Log], admin: User) -> None:
    file = upload(admin, NOW)
    log = done(notes="Belt", by=admin, attachments=[file.pk], performed_by=admin)
    address = reverse("admin:worklogs_log_correct", args=[log.pk])
    assert "Belt" in text(page.get(address))
    data = {
        "performed_at": "2026-03-04T06:30",
        "performed_by": admin.pk,
        "issues_found": "minor",
        "notes": "Belt worn",
        "keep": str(file.pk),
    }
    assert page.post(address, data).status_code == 422
    response = page.post(address, {**data, "reason": "Looked again"})
    new = Log.objects.get(supersedes=log)
    assert response["Location"] == detail(new)
    assert (new.notes, new.issues_found, new.attachment_hashes) == (
        "Belt worn",
        "minor",
        [file.sha256],
    )
    assert new.performed_at == NOW - timedelta(minutes=30)
    assert page.get(address)["Location"] == detail(log)


def test_void_needs_only_the_reason(
    page: Client, done: Callable[..., Log], schedule: Schedule
) -> None:
    log = done()
    due_at = next_due(schedule)
    address = reverse("admin:worklogs_log_correct", args=[log.pk])
    assert page.post(address, {"void": "1"}).status_code == 422
    assert page.post(address, {"void": "1", "reason": "Wrong lift"}).status_code == 302
    assert Log.objects.get(supersedes=log).is_void
    assert next_due(schedule) != due_at


def test_switched_off(page: Client, organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    assert page.get(COMPLETE).status_code == 404
    assert page.get(LIST).status_code == 200


def test_moments_of_the_form_are_local(page: Client, schedule: Schedule, admin: User) -> None:
    """02:30 on 29 March 2026 does not exist in Berlin: it is read as 03:30."""
    with time_machine.travel(datetime(2026, 3, 29, 12, tzinfo=UTC), tick=False):
        sign_in(page, admin)
        complete(page, schedule, performed_at="2026-03-29T02:30", performed_by=admin.pk)
    assert Log.objects.get().performed_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
