"""Asking from the console and the API: buttons, answers on somebody's behalf, rights, other people's rows."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import asking, windows
from tests import factories
from tests.api import Client as ApiClient
from tests.console import signed_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def start() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=10)


@pytest.fixture
def rooms(scope: Organization) -> list[Resource]:
    kind = factories.resource_type(name="Room")
    return [factories.resource(name=f"Room {n}", code=f"G{n}", type=kind) for n in (1, 2)]


@pytest.fixture
def stay(rooms: list[Resource], start: datetime) -> Booking:
    return factories.booking(
        start, start + HOUR, resource=rooms[0], reference="B-77", contact_email="grey@example.org"
    )


@pytest.fixture
def draft(rooms: list[Resource], stay: Booking, start: datetime, admin: User) -> Window:
    made = Window(title="Paint", resource=rooms[0], starts_at=start, ends_at=start + HOUR)
    made.status = "draft"
    return windows.create_window(made, by=admin, now=factories.START)


def page_of(window: Window) -> str:
    return f"/admin/scheduling/window/{window.pk}/"


def test_ask_see_the_answers_and_answer_for_them(
    admin: User, draft: Window, stay: Booking, rooms: list[Resource]
) -> None:
    console, page = signed_in(admin), page_of(draft)
    assert "Ask those booked" in console.get(f"{page}?tab=affected").content.decode()
    told = console.post(f"{page}ask/", follow=True).content.decode()
    assert "The contact of 1 booking is asked." in told
    assert "No answer yet" in told
    assert "Ask those booked" not in told
    inquiry = Inquiry.objects.get()
    assert (inquiry.booking_id, inquiry.asked_by) == (stay.pk, admin)
    again = console.post(f"{page}remind/", follow=True).content.decode()
    assert "asked within the last hour" in again
    form = console.get(f"{page}answers/{inquiry.pk}/").content.decode()
    assert "grey@example.org" in form
    [choice] = [v for v in re.findall(r'value="(moved[^"]*)"', form) if str(rooms[1].pk) in v]
    done = console.post(
        f"{page}answers/{inquiry.pk}/", {"answer": choice}, follow=True
    ).content.decode()
    assert "Takes the alternative" in done
    assert f"by {admin.name}" in done
    assert Window.objects.get().status == "scheduled"
    settled = console.get(f"{page}answers/{inquiry.pk}/", follow=True).content.decode()
    assert "This question is settled." in settled


def test_what_cannot_be_is_said(admin: User, draft: Window, stay: Booking) -> None:
    console, page = signed_in(admin), page_of(draft)
    [inquiry] = asking.ask(draft, by=admin, now=timezone.now())
    answer = console.post(f"{page}answers/{inquiry.pk}/", {"answer": "nonsense"})
    assert 'role="alert"' in answer.content.decode()
    assert InquiryAnswer.objects.count() == 0


def test_a_draft_that_was_asked_about_is_cancelled_not_deleted(admin: User, draft: Window) -> None:
    console, page = signed_in(admin), page_of(draft)
    assert "Delete draft" in console.get(page).content.decode()
    asking.ask(draft, by=admin, now=timezone.now())
    shown = console.get(page).content.decode()
    assert "Delete draft" not in shown
    assert "Cancel window" in shown
    console.post(f"{page}cancel/", {"reason": "Nobody makes room"})
    assert Window.objects.get().status == "cancelled"


@pytest.mark.parametrize(("role", "code"), [(Role.TECHNICIAN, 403), (Role.REQUESTER, 403)])
def test_who_may_not_plan_may_not_ask(
    organization: Organization, draft: Window, admin: User, role: Role, code: int
) -> None:
    [inquiry] = asking.ask(draft, by=admin, now=timezone.now())
    console, page = signed_in(factories.user(organization, role=role)), page_of(draft)
    answers = [
        console.post(f"{page}ask/"),
        console.post(f"{page}remind/"),
        console.get(f"{page}answers/{inquiry.pk}/"),
    ]
    assert {answer.status_code for answer in answers} == {code}


def test_other_peoples_windows_are_not_there(
    stranger: Organization, draft: Window, admin: User
) -> None:
    [inquiry] = asking.ask(draft, by=admin, now=timezone.now())
    console, page = signed_in(factories.user(stranger, role=Role.ADMIN)), page_of(draft)
    for address in ("ask/", "remind/", f"answers/{inquiry.pk}/"):
        assert console.post(f"{page}{address}").status_code == 404
    with tenant_scope(stranger.pk):
        assert Inquiry.objects.count() == 0


def test_a_venue_admin_asks_about_the_own_houses_only(
    organization: Organization, draft: Window
) -> None:
    console = signed_in(factories.user(organization, role=Role.VENUE_ADMIN))
    assert console.post(f"{page_of(draft)}ask/").status_code == 404


def test_by_api(admin: User, draft: Window, stay: Booking, rooms: list[Resource]) -> None:
    client, root = ApiClient(admin), f"/api/v1/windows/{draft.pk}"
    late = {"answer_by": (draft.starts_at + HOUR).isoformat()}
    assert client.post(f"{root}/ask", late).status_code == 400
    [row] = client.post(f"{root}/ask", {}).json()
    assert (row["booking"], row["answer"], row["is_open"]) == (str(stay.pk), None, True)
    assert "grey" not in str(row)
    assert client.post(f"{root}/remind", {}).status_code == 409
    where = {"resource": str(rooms[1].pk), "starts_at": stay.starts_at.isoformat()}
    given = {"booking": str(stay.pk), "choice": "moved"}
    assert client.post(f"{root}/answer", given).status_code == 400
    [row] = client.post(f"{root}/answer", {**given, **where}).json()
    assert (row["answer"], row["on_behalf"], row["resource"]) == ("moved", True, where["resource"])
    assert client.get(root).json()["status"] == "scheduled"
    [row] = client.get(f"{root}/inquiries").json()
    assert row["is_open"] is False
    again = client.post(f"{root}/answer", {**given, **where})
    assert (again.status_code, again.json()["code"]) == (409, "settled")
    refused = client.post(f"{root}/ask", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_draft")


def test_the_panel_costs_the_same_however_many_were_asked(
    admin: User, draft: Window, rooms: list[Resource], start: datetime,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for number in range(6):
        factories.booking(
            start,
            start + HOUR,
            resource=factories.resource(parent=rooms[0]),
            reference=f"C-{number}",
        )
    for inquiry in asking.ask(draft, by=admin, now=timezone.now()):
        asking.answer(inquiry, "kept", by=admin, now=timezone.now())
    console = signed_in(admin)
    with django_assert_max_num_queries(24):
        console.get(f"{page_of(draft)}?tab=affected")
