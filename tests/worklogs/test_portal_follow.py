"""The link by which somebody without sign-in follows what was reported: plain words, and nothing else of the order."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from core.models import Attachment
from tests import factories
from tests.worklogs.conftest import NOW, address, photo
from worklogs.models import PortalCode, WorkOrder, WorkOrderComment
from worklogs.services import orders, portal, reports

pytestmark = pytest.mark.django_db


def test_following(door: PortalCode, anybody: Client, admin: User) -> None:
    order = WorkOrder(resource=door.resource, title="Tap drips")
    follower = reports.submit(
        order, by=None, now=NOW - timedelta(days=1), contact_email="guest@example.org"
    )
    link = portal.follow_address(follower)
    said = anybody.post(
        link, {"text": "Now it runs", "photos": [SimpleUploadedFile("b.jpg", photo())]}
    )
    assert said.status_code == 302
    comment = WorkOrderComment.objects.get()
    assert (comment.text, comment.author, comment.follower) == ("Now it runs", None, follower)
    assert Attachment.objects.filter(target_id=order.pk).count() == 1
    assert anybody.post(link, {"text": " "}).status_code == 422
    orders.change_order(order, {"title": "SECRET plan"}, by=None, now=NOW)
    orders.give(order, "triage", {}, by=admin, now=NOW)
    WorkOrderComment.objects.create(work_order=order, author=admin, text="SECRET talk")
    words = {"triage": "Seen.", "schedule": "Planned.", "assign": "Planned.", "start": "In work."}
    given = {"assigned_to": admin, "due_at": NOW}
    for name in ("schedule", "assign", "start", "complete"):
        orders.give(order, name, given, by=admin, now=NOW)
        page = anybody.get(link).content.decode()
        assert words.get(name, "Done.") in page
        assert "Tap drips" in page
        assert "Now it runs" in page
        assert "SECRET" not in page
        assert admin.name not in page
        assert f"#{order.number}" not in page
    stopped = anybody.post(link, {"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 302
    follower.refresh_from_db()
    assert follower.contact_email == ""


def test_a_duplicate_follows_its_original(door: PortalCode, anybody: Client, admin: User) -> None:
    original = factories.work_order_in("in_progress", assigned_to=admin, resource=door.resource)
    follower = reports.submit(
        WorkOrder(resource=door.resource, title="Tap drips"), by=None, now=NOW
    )
    orders.give(follower.work_order, "duplicate", {"duplicate_of": original}, by=admin, now=NOW)
    page = anybody.get(portal.follow_address(follower)).content.decode()
    assert "Others told us as well. Somebody is working on it." in page


def test_links_that_do_not_count(
    door: PortalCode, anybody: Client, admin: User, stranger: Organization
) -> None:
    follower = reports.submit(WorkOrder(resource=door.resource, title="Lamp"), by=None, now=NOW)
    link = portal.follow_address(follower)
    own = reports.submit(WorkOrder(resource=door.resource, title="Lamp"), by=admin, now=NOW)
    follower.organization_id = stranger.pk
    for wrong in (f"{link[:-3]}x/", portal.follow_address(follower), portal.follow_address(own)):
        assert anybody.get(wrong).status_code == 404
        assert anybody.post(wrong, {"text": "x"}).status_code == 404
    assert not WorkOrderComment.objects.exists()


def test_the_pages_ask_the_same_whatever_is_there(
    door: PortalCode, anybody: Client, time_machine: Any
) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert anybody.get(path).status_code == 200
        return len(queries)

    follower = reports.submit(WorkOrder(resource=door.resource, title="Lamp"), by=None, now=NOW)
    link = portal.follow_address(follower)
    before = asked(address(door)), asked(link)
    for number in range(8):
        reports.submit(WorkOrder(resource=door.resource, title=f"{number}"), by=None, now=NOW)
        reports.add_note(follower, f"Note {number}", now=NOW)
    assert (asked(address(door)), asked(link)) == before == (3, 3)
