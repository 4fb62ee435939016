"""Answers to checklists: they stay, failed steps lead on, completing asks for them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEntry
from core.services import attachments
from tests import factories
from tests.worklogs.checklists import LIFT, checklist, evidence, order_with, signature
from tests.worklogs.conftest import photo
from worklogs.models import (
    ChecklistAnswer,
    ChecklistFollowUp,
    Log,
    WorkOrder,
    WorkOrderLink,
)
from worklogs.rules.checklists import Given
from worklogs.services import answers, orders
from worklogs.services.sheets import sheet_of

NOW = factories.START + timedelta(hours=3)
YES, NO = Given(text="yes"), Given(text="no")


@pytest.fixture
def order(technician: User) -> WorkOrder:
    return order_with(checklist().current, technician)


def say(order: WorkOrder, key: str, by: User | None, **values: Any) -> ChecklistAnswer:
    given = Given(text=values.pop("text", ""))
    return answers.answer(order, key, given, by=by, now=values.pop("now", NOW), **values)


# -- answers -----------------------------------------------------------------------------------------------------------


def test_answers_are_kept_and_corrected_by_another(order: WorkOrder, technician: User) -> None:
    first = say(order, "doors", technician, text="no")
    assert (first.is_failed, first.answered_by, first.answered_at) == (True, technician, NOW)
    assert say(order, "doors", technician, text="no") == first
    second = say(order, "doors", technician, text="yes")
    assert second.supersedes == first
    order.refresh_from_db()
    assert order.failed_steps == 0
    sheet = sheet_of(order)
    assert sheet is not None
    assert [line.answer for line in sheet.lines[:1]] == [second]
    assert sheet.lines[0].earlier == [first]
    entry = AuditEntry.objects.filter(action="answer").latest("at", "pk")
    assert entry.changes == {"Do the doors close by themselves?": ["no", "yes"]}


@pytest.mark.parametrize("how", ["update", "delete"])
def test_the_database_keeps_answers(order: WorkOrder, technician: User, how: str) -> None:
    made = say(order, "doors", technician, text="no")
    rows = ChecklistAnswer.objects.filter(pk=made.pk)
    tried = {"update": lambda: rows.update(text="yes"), "delete": lambda: rows._raw_delete(rows.db)}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        tried[how]()


def test_conditions_open_and_close_steps(order: WorkOrder, technician: User) -> None:
    with pytest.raises(Conflict, match="does not apply"):
        say(order, "why", technician, text="A suitcase")
    say(order, "doors", technician, text="no")
    say(order, "why", technician, text="A suitcase")
    say(order, "doors", technician, text="yes")
    sheet = sheet_of(order)
    assert sheet is not None
    assert "why" not in [line.step.key for line in sheet.asked]
    assert sheet.done == 1


def test_who_may_answer_and_when(order: WorkOrder, technician: User, admin: User) -> None:
    other = factories.user(order.organization)
    with pytest.raises(NotAllowed, match="not assigned to you"):
        say(order, "doors", other, text="yes")
    say(order, "doors", admin, text="yes")
    with pytest.raises(Invalid, match="no such step"):
        say(order, "roof", technician, text="yes")
    with pytest.raises(Invalid, match="yes or no"):
        say(order, "doors", technician, text="perhaps")
    orders.give(order, "cancel", {"reason": "Closed"}, by=None, now=NOW)
    with pytest.raises(Conflict, match="cancelled"):
        say(order, "doors", technician, text="no")


def test_what_was_answered_later_wins(order: WorkOrder, technician: User) -> None:
    say(order, "doors", technician, text="no", now=NOW)
    with pytest.raises(Conflict, match="later"):
        say(order, "doors", technician, text="yes", answered_at=NOW - timedelta(minutes=5))
    late = say(order, "doors", technician, text="yes", answered_at=NOW + timedelta(days=3))
    assert late.answered_at == NOW


def test_photos_add_up_and_a_signature_replaces(order: WorkOrder, technician: User) -> None:
    for color in ("red", "blue", "blue"):
        file = evidence(photo(color), technician)
        say(order, "picture", technician, attachments=[file.pk])
    for name in ("Ann", "Ben"):
        file = evidence(signature(), technician)
        say(order, "sign", technician, text=name, attachments=[file.pk])
    sheet = sheet_of(order)
    assert sheet is not None
    by_key = {line.step.key: line for line in sheet.lines}
    assert len(by_key["picture"].files) == 2
    assert len(by_key["picture"].earlier) == 1
    assert by_key["sign"].said == "signed by Ben"
    answer = by_key["picture"].answer
    assert answer is not None
    assert answer.attachment_hashes == [file.sha256 for file in by_key["picture"].files]


def test_evidence_is_checked(order: WorkOrder, technician: User, admin: User) -> None:
    jpeg = evidence(photo(), technician, "sign.jpg")
    with pytest.raises(Invalid, match="PNG"):
        say(order, "sign", technician, attachments=[jpeg.pk])
    empty = evidence(signature(blank=True), technician)
    with pytest.raises(Invalid, match="empty"):
        say(order, "sign", technician, attachments=[empty.pk])
    document = evidence(b"%PDF-1.4\n%%EOF\n", technician, "plan.pdf")
    with pytest.raises(Invalid, match="Only photos"):
        say(order, "picture", technician, attachments=[document.pk])
    with pytest.raises(Invalid, match="Sign first"):
        say(order, "sign", technician, text="Ann")
    others = evidence(signature(), admin)
    with pytest.raises(Invalid, match="missing or already"):
        say(order, "sign", technician, attachments=[others.pk])


def test_evidence_is_shown_to_whoever_sees_the_order(
    order: WorkOrder, technician: User, user_with: Callable[[Role], User]
) -> None:
    file = evidence(photo(), technician)
    say(order, "picture", technician, attachments=[file.pk])
    file.refresh_from_db()
    assert attachments.may_view(user_with(Role.TECHNICIAN), file)
    assert not attachments.may_view(user_with(Role.REQUESTER), file)


# -- failed steps ------------------------------------------------------------------------------------------------------


def test_a_failed_step_marks_the_order_and_leads_to_another_once(
    order: WorkOrder, technician: User
) -> None:
    say(order, "doors", technician, text="no")
    order.refresh_from_db()
    assert order.failed_steps == 1
    made = answers.follow_up(order, "doors", by=technician, now=NOW)
    assert answers.follow_up(order, "doors", by=technician, now=NOW) == made
    assert (made.status, made.kind, made.resource) == ("reported", "corrective", order.resource)
    assert made.reported_by == technician
    assert made.title == "Do the doors close by themselves? no"
    link = WorkOrderLink.objects.get()
    assert (link.work_order, link.other, link.kind) == (order, made, "follow_up")


def test_where_the_step_says_so_the_order_comes_by_itself(
    order: WorkOrder, technician: User
) -> None:
    say(order, "speed", technician, text="1,4")
    say(order, "speed", technician, text="1.5")
    made = ChecklistFollowUp.objects.get().order
    assert made.title == "Speed of the car: 1.4 m/s, outside 0.9 to 1.1 m/s"
    assert ChecklistAnswer.objects.of(order).get().number == Decimal("1.5")


def test_what_did_not_fail_is_not_followed_up(order: WorkOrder, technician: User) -> None:
    say(order, "doors", technician, text="yes")
    with pytest.raises(Conflict, match="did not fail"):
        answers.follow_up(order, "doors", by=technician, now=NOW)


# -- completing --------------------------------------------------------------------------------------------------------


def test_completing_names_what_is_missing(order: WorkOrder, technician: User) -> None:
    say(order, "doors", technician, text="no")
    with pytest.raises(Invalid) as refused:
        orders.give(order, "complete", {}, by=technician, now=NOW)
    assert refused.value.errors == {
        "checklist": [
            "The checklist still asks for 3 steps: 2. Speed of the car;"
            " 3. What keeps the doors open?; 5. Signature."
        ]
    }
    order.refresh_from_db()
    assert order.status == "in_progress"


def test_the_answers_stand_in_the_log(order: WorkOrder, technician: User) -> None:
    say(order, "doors", technician, text="yes")
    say(order, "speed", technician, text="1.4")
    say(order, "sign", technician, attachments=[evidence(signature(), technician).pk], text="Ann")
    orders.give(order, "complete", {"notes": "Oiled."}, by=technician, now=NOW)
    log = Log.objects.get()
    assert log.issues_found == "minor"
    assert log.notes == (
        "Oiled.\n\n"
        "Checklist “Lift inspection”, version 1\n"
        "1. Do the doors close by themselves? yes\n"
        "2. Speed of the car: 1.4 m/s, outside 0.9 to 1.1 m/s (failed)\n"
        "4. Picture of the brake: not answered\n"
        "5. Signature: signed by Ann"
    )
    with pytest.raises(Conflict, match="completed"):
        say(order, "doors", technician, text="no")


def test_a_checklist_that_demands_nothing_hinders_nobody(technician: User) -> None:
    order = order_with(checklist([{**LIFT[0], "required": False}]).current, technician)
    orders.give(order, "complete", {}, by=technician, now=NOW)
    assert Log.objects.get().notes == ""


def test_reading_a_checklist_takes_as_many_queries_however_much_was_answered(
    order: WorkOrder, technician: User
) -> None:
    say(order, "doors", technician, text="no")
    say(order, "picture", technician, attachments=[evidence(photo(), technician).pk])
    with CaptureQueriesContext(
        connection,
    ) as few:
        sheet_of(order)
    for color in ("blue", "green"):
        say(order, "picture", technician, attachments=[evidence(photo(color), technician).pk])
    say(order, "why", technician, text="A suitcase")
    with CaptureQueriesContext(connection) as many:
        sheet_of(order)
    assert len(few) == len(many) == 4
