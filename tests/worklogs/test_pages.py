"""The console's list and pages of the log: what they show, whom they refuse, what they cost."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import AuditEntry
from scheduling.models import Schedule
from tests import factories
from tests.worklogs.conftest import (
    COMPLETE,
    LIST,
    NOW,
    detail,
    next_due,
    sign_in,
    text,
    upload,
)
from worklogs.models import Log
from worklogs.services.corrections import correct_log

pytestmark = pytest.mark.usefixtures("today")


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
