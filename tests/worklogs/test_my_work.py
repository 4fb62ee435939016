"""“My work” and the editor of checklists, page by page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.services import attachments
from tests import factories
from tests.console import signed_in
from tests.worklogs.checklists import LIFT, checklist, order_with
from tests.worklogs.conftest import photo
from worklogs.models import (
    Checklist,
    ChecklistAnswer,
    ChecklistFollowUp,
    LaborEntry,
    Log,
    WorkOrder,
)
from worklogs.services import talk

pytestmark = pytest.mark.usefixtures("morning")


LIST = "/admin/my-work/"


def job(order: WorkOrder, what: str = "") -> str:
    return f"{LIST}{order.pk}/{what}"


def test_the_own_work_stands_in_its_groups(phone: Client, technician: User) -> None:
    now = datetime.now(UTC)
    for title, due, late in (
        ("Late one", now - timedelta(days=3), now - timedelta(days=2)),
        ("This one", now, now + timedelta(days=1)),
        ("Far one", now + timedelta(days=5), now + timedelta(days=5)),
        ("Any day", None, None),
    ):
        order = factories.work_order_in("assigned", assigned_to=technician, title=title)
        WorkOrder.objects.filter(pk=order.pk).update(due_at=due, overdue_at=late)
    factories.work_order_in("in_progress", assigned_to=technician, title="Begun one")
    factories.work_order_in(
        "assigned", assigned_to=factories.user(technician.organization), title="Other"
    )
    answer = phone.get(LIST)
    assert answer.context is not None
    groups = {
        name: [card["order"].title for card in cards] for name, cards in answer.context["groups"]
    }
    assert groups == {
        "Begun": ["Begun one"],
        "Overdue": ["Late one"],
        "Today": ["This one"],
        "Next": ["Far one", "Any day"],
    }


def test_the_list_and_the_job_take_as_many_queries_at_any_length(
    phone: Client, technician: User
) -> None:
    counts = []
    version = checklist().current
    for _ in range(3):
        order = order_with(version, technician)
        found = []
        for address in (LIST, job(order)):
            with CaptureQueriesContext(connection) as queries:
                assert phone.get(address).status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[1] == counts[2]
    assert counts[2][0] <= 5
    assert counts[2][1] <= 12


def test_commands_from_start_to_done_without_script(phone: Client, technician: User) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician)
    assert phone.post(job(order, "do/start/")).status_code == 302
    phone.post(job(order, "do/hold/"), {"hold_kind": "parts"})
    order.refresh_from_db()
    assert (order.status, order.hold_reason) == ("on_hold", "Waiting for parts")
    phone.post(job(order, "do/resume/"))
    sent = {
        "notes": "New seal.",
        "issues_found": "minor",
        "files": SimpleUploadedFile("seal.jpg", photo(), "image/jpeg"),
    }
    answer = phone.post(job(order, "do/complete/"), sent)
    assert answer["Location"] == LIST
    log = Log.objects.get()
    assert (log.notes, log.issues_found, len(log.attachment_hashes)) == ("New seal.", "minor", 1)
    assert phone.post(job(order, "do/verify/")).status_code == 404


def test_the_job_shows_what_others_gave_with_it(
    phone: Client, technician: User, user_with: Callable[[Role], User]
) -> None:
    requester = user_with(Role.REQUESTER)
    places = [factories.resource(name=f"Extinguisher {number}") for number in (1, 2)]
    order = factories.work_order_in("in_progress", assigned_to=technician, stops=places)
    picture = attachments.store(
        upload=SimpleUploadedFile("leak.jpg", photo(), "image/jpeg"),
        name="leak.jpg",
        target_type="work_order",
        target_id=order.pk,
        by=requester,
        now=timezone.now(),
    )
    talk.add_comment(order, "It drips at night.", by=requester, now=timezone.now())
    text = phone.get(job(order)).content.decode()
    assert f"/attachments/{picture.pk}" in text
    assert "It drips at night." in text
    assert text.index("Extinguisher 1") < text.index("Extinguisher 2")
    assert f'/admin/worklogs/workorder/{order.pk}/"' in text
    assert "and 2 more" in phone.get(LIST).content.decode()
    assert "Done:</span>" not in text
    phone.post(job(order, "do/complete/"))
    assert phone.get(job(order)).content.decode().count("Done:</span>") == 3


def test_the_technician_says_something(phone: Client, technician: User) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician)
    assert phone.post(job(order, "comment/"), {"text": "Who has the key?"}).status_code == 302
    assert "Who has the key?" in phone.get(job(order)).content.decode()
    refused = phone.post(job(order, "comment/"), {"text": " "})
    assert refused.status_code == 422
    assert order.comments.count() == 1


def test_a_delay_and_whoever_is_further_up_are_told_from_the_phone(
    phone: Client, technician: User
) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician)
    refused = phone.post(job(order, "do/delay/"), {"reason": "", "scheduled_end_at": "soon"})
    assert refused.status_code == 422
    assert "Enter a date and a time" in refused.content.decode()
    late = {"reason": "The part comes tomorrow", "scheduled_end_at": "2030-03-05T12:00"}
    assert phone.post(job(order, "do/delay/"), late).status_code == 302
    phone.post(job(order, "do/escalate/"), {"reason": "Guests wait"})
    order.refresh_from_db()
    assert (order.delay_reason, order.escalation_level) == ("The part comes tomorrow", 1)
    assert order.scheduled_end_at is not None
    text = phone.get(job(order)).content.decode()
    assert "Delayed: The part comes tomorrow" in text
    assert "Escalated" in text
    WorkOrder.objects.filter(pk=order.pk).update(
        assigned_to=factories.user(technician.organization, name="Otto")
    )
    others = phone.get(job(order)).content.decode()
    assert "do/delay/" not in others
    assert "do/escalate/" in others
    refused = phone.post(job(order, "do/delay/"), {"reason": "Late"})
    assert "This work order is not assigned to you." in refused.content.decode()


def test_completing_takes_minutes_and_why_it_failed(phone: Client, technician: User) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician)
    sent = {"notes": "New seal.", "duration_minutes": "-3", "cause": "Worn seal"}
    refused = phone.post(job(order, "do/complete/"), sent)
    assert refused.status_code == 422
    assert "Worn seal" in refused.content.decode()
    told = {"duration_minutes": "25", "failure_mode": "Leak", "remedy": "New seal"}
    phone.post(job(order, "do/complete/"), {**sent, **told})
    order.refresh_from_db()
    assert (order.failure_mode, order.cause, order.remedy) == ("Leak", "Worn seal", "New seal")
    assert Log.objects.get().duration_minutes == 25


def test_a_refusal_keeps_what_was_typed(phone: Client, technician: User) -> None:
    order = order_with(checklist().current, technician)
    answer = phone.post(job(order, "do/complete/"), {"notes": "All well."})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "still asks for 3 steps" in text
    assert "All well." in text


def test_time_starts_and_stops_with_the_work_for_those_who_want_it(
    phone: Client, technician: User
) -> None:
    first, second = (factories.work_order_in("assigned", assigned_to=technician) for _ in range(2))
    phone.post(job(first, "do/start/"))
    assert not LaborEntry.objects.exists()
    phone.post(f"{LIST}time/", {"keep": "1"})
    phone.post(job(second, "do/start/"))
    assert LaborEntry.objects.running().get().work_order == second
    phone.post(job(first, "do/hold/"), {"hold_kind": "access"})
    phone.post(job(first, "do/resume/"))
    assert LaborEntry.objects.running().get().work_order == first
    phone.post(job(first, "do/complete/"))
    assert not LaborEntry.objects.running().exists()
    phone.post(f"{LIST}time/", {"keep": "0"})
    phone.post(job(second, "do/hold/"), {"reason": "Lunch"})
    phone.post(job(second, "do/resume/"))
    assert not LaborEntry.objects.running().exists()


def test_safety_and_access_are_shown(phone: Client, technician: User) -> None:
    fields = [
        {"key": "safety", "label": "Safety", "type": "text", "required": False},
        {"key": "colour", "label": "Colour", "type": "text", "required": False},
    ]
    kind = factories.resource_type(attribute_fields=fields)
    place = factories.resource(
        type=kind, attributes={"safety": "Lock the switch", "colour": "Blue"}
    )
    order = factories.work_order_in("assigned", assigned_to=technician, resource=place)
    text = phone.get(job(order)).content.decode()
    assert "Lock the switch" in text
    assert "Blue" not in text


def test_answers_by_form_and_by_script(phone: Client, technician: User) -> None:
    order = order_with(checklist().current, technician)
    answer = phone.post(job(order, "steps/doors/"), {"value": "no"})
    assert answer["Location"] == job(order) + "#step-doors"
    script = {"X-Kept": "1"}
    refused = phone.post(job(order, "steps/speed/"), {"value": "fast"}, headers=script)
    assert refused.status_code == 422
    assert "This is not a number." in refused.content.decode()
    assert 'value="fast"' in refused.content.decode()
    late = (timezone.now() - timedelta(hours=1)).isoformat()
    later = phone.post(
        job(order, "steps/doors/"), {"value": "yes", "answered_at": late}, headers=script
    )
    assert "Somebody answered this step later." in later.content.decode()
    phone.post(job(order, "steps/doors/follow-up/"), headers=script)
    assert ChecklistFollowUp.objects.count() == 1
    assert ChecklistAnswer.objects.get().text == "no"
    shown = phone.get(job(order, "checklist/")).content.decode()
    assert "was opened for it" in shown


def test_others_work_is_shown_without_buttons(phone: Client, technician: User) -> None:
    other = factories.user(technician.organization, name="Otto")
    order = order_with(checklist().current, other)
    text = phone.get(job(order)).content.decode()
    assert "This is the work of Otto." in text
    assert "data-step" not in text
    assert phone.post(job(order, "do/complete/")).status_code == 422


@pytest.mark.parametrize("role", [Role.REQUESTER])
def test_without_the_right_the_page_says_so(
    role: Role, user_with: Callable[[Role], User], technician: User
) -> None:
    answer = signed_in(user_with(role)).get(LIST)
    assert answer.status_code == 403
    assert "My work" not in answer.content.decode()


def test_my_work_stands_first_for_technicians(phone: Client, desk: Client) -> None:
    for browser, place in ((phone, 0), (desk, 1)):
        context: Any = browser.get(LIST).context
        titles = [item["title"] for item in context["sidebar_navigation"][0]["items"]]
        assert titles[place] == "My work"


# -- the editor --------------------------------------------------------------------------------------------------------


def form_of(steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What the editor sends."""
    sent: dict[str, Any] = {"name": "Lift", "step": [step["key"] for step in steps], **more}
    for step in steps:
        key = step["key"]
        for name in ("kind", "text", "unit", "minimum", "maximum", "follow_up"):
            sent[f"{name}:{key}"] = step.get(name) or ""
        if step.get("required", True):
            sent[f"required:{key}"] = "on"
        if condition := step.get("condition"):
            sent[f"if_step:{key}"], sent[f"if_answer:{key}"] = condition.values()
    return sent


def test_the_editor_says_the_same_as_the_api(admin: User, scope: Organization) -> None:
    desk = signed_in(admin)
    desk.post("/admin/checklists/new/", {"name": "Lift"})
    made = Checklist.objects.get()
    plan = factories.schedule()
    address = f"/admin/checklists/{made.pk}/"
    more = {"publish": "1", "schedule": [str(plan.pk)], "kind": ["inspection"]}
    assert desk.post(address, form_of(LIFT, **more)).status_code == 302
    made.refresh_from_db()
    assert made.current is not None
    api_made = checklist(name="By API").current
    assert api_made is not None
    assert made.current.steps == api_made.steps
    assert made.uses.count() == 2
    shown = desk.get(address).content.decode()
    assert plan.title in shown


def test_what_is_wrong_comes_back_with_what_was_written(desk: Client) -> None:
    made = checklist()
    steps = [{"key": "a", "kind": "number", "text": "Speed", "minimum": "5", "maximum": "1"}]
    answer = desk.post(f"/admin/checklists/{made.pk}/", form_of(steps))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Step 1: The lower limit is above the upper one." in text
    assert 'value="Speed"' in text
    made.refresh_from_db()
    assert made.versions.count() == 1


def test_drafts_are_discarded_and_templates_put_away(desk: Client) -> None:
    made = checklist()
    address = f"/admin/checklists/{made.pk}/"
    desk.post(address, form_of(LIFT[:1]))
    assert made.versions.count() == 2
    desk.post(f"{address}discard/")
    assert made.versions.count() == 1
    desk.post(f"{address}put-away/")
    made.refresh_from_db()
    assert not made.is_active
    desk.post(f"{address}take-back/")
    made.refresh_from_db()
    assert made.is_active


def test_schedules_are_found_by_their_title(admin: User, scope: Organization) -> None:
    desk = signed_in(admin)
    factories.schedule(title="Monthly lift check")
    found = desk.get("/admin/checklists/schedules/", {"q": "lift"}).content.decode()
    assert "Monthly lift check" in found
    assert "No schedule" in desk.get("/admin/checklists/schedules/", {"q": "zzz"}).content.decode()
