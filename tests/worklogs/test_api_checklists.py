"""`checklists` and the checklist of an order, by API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from tests import factories
from tests.api import Client
from tests.worklogs.checklists import LIFT, checklist, evidence, order_with, signature
from tests.worklogs.conftest import photo
from worklogs.models import ChecklistAnswer, WorkOrder


@pytest.fixture
def hands(technician: User) -> Client:
    return Client(technician)


@pytest.fixture
def order(technician: User) -> WorkOrder:
    return order_with(checklist().current, technician)


def test_a_template_from_draft_to_second_version(api: Client, scope: Organization) -> None:
    plan = factories.schedule()
    sent = {"name": "Lift", "steps": LIFT, "schedules": [str(plan.pk)], "kinds": ["inspection"]}
    made = api.post("checklists", sent)
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["current"], body["draft"]["number"]) == (None, 1)
    assert (body["schedules"], body["kinds"], body["task_types"]) == (
        [str(plan.pk)],
        ["inspection"],
        [],
    )
    address = made["Location"]
    published = api.post(f"{address}/publish").json()
    assert (published["current"]["number"], published["draft"]) == (1, None)
    changed = api.patch(address, {"steps": LIFT[:1], "description": "Short"}).json()
    assert (changed["current"]["number"], changed["draft"]["number"]) == (1, 2)
    assert len(changed["current"]["steps"]) == len(LIFT)
    assert api.post(f"{address}/publish").json()["current"]["number"] == 2
    assert [row["number"] for row in api.get(f"{address}/versions").json()] == [2, 1]
    assert api.post(f"{address}/publish").status_code == 409
    assert api.delete(address).status_code == 204
    assert api.get(address).json()["is_active"] is False


def test_what_is_wrong_is_said_by_step(api: Client, scope: Organization) -> None:
    steps = [LIFT[0], {"kind": "choice", "text": "Oil", "options": [{"label": "low"}]}]
    answer = api.post("checklists", {"name": "Lift", "steps": steps})
    assert answer.status_code == 400
    assert answer.json() == {"steps": ["Step 2: A choice needs two different options at least."]}
    checklist()
    taken = api.post("checklists", {"name": "Lift inspection"})
    assert (taken.status_code, list(taken.json())) == (400, ["name"])


def test_a_technician_reads_and_does_not_write(hands: Client, order: WorkOrder) -> None:
    assert hands.get("checklists").json()["results"][0]["name"] == "Lift inspection"
    assert hands.post("checklists", {"name": "Own"}).status_code == 403


def test_the_order_names_its_version(hands: Client, order: WorkOrder) -> None:
    body = hands.get(f"work-orders/{order.pk}").json()
    assert (body["checklist"], body["failed_steps"]) == (str(order.checklist_id), 0)
    plain = factories.work_order()
    answer = hands.get(f"work-orders/{plain.pk}/checklist")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "This work order has no checklist.",
    )


def test_answering_until_the_order_can_be_completed(hands: Client, order: WorkOrder) -> None:
    base = f"work-orders/{order.pk}"
    sheet = hands.get(f"{base}/checklist").json()
    assert (sheet["name"], sheet["version"], sheet["done"], sheet["asked"]) == (
        "Lift inspection",
        1,
        0,
        4,
    )
    assert sheet["missing"] == ["doors", "speed", "sign"]
    refused = hands.post(f"{base}/complete")
    assert refused.status_code == 400
    assert "5. Signature" in refused.json()["checklist"][0]
    said = hands.post(f"{base}/checklist/doors", {"value": "no"}).json()
    assert (said["failed"], said["missing"]) == (["doors"], ["speed", "why", "sign"])
    line = said["steps"][0]
    assert (line["answer"]["value"], line["is_failed"], line["follow_up"]) == ("no", True, None)
    hands.post(f"{base}/checklist/speed", {"value": "1.0"})
    hands.post(f"{base}/checklist/why", {"value": "A suitcase"})
    file = SimpleUploadedFile("signature.png", signature(), "image/png")
    signed = hands.post(
        f"{base}/checklist/sign", {"value": "Ann", "file": file}, format="multipart"
    )
    assert signed.json()["missing"] == []
    evidence_id = signed.json()["steps"][4]["attachments"][0]
    picture = hands.get(f"attachments/{evidence_id}/file")
    assert picture["Content-Type"] == "image/png"
    assert b"".join(picture.streaming_content)  # type: ignore[attr-defined]
    assert hands.post(f"{base}/complete").json()["status"] == "completed"
    assert hands.post(f"{base}/checklist/doors", {"value": "yes"}).status_code == 409


def test_a_file_sent_beforehand_is_taken_by_its_id(
    hands: Client, order: WorkOrder, technician: User
) -> None:
    sent = {
        "file": SimpleUploadedFile("brake.jpg", photo(), "image/jpeg"),
        "target_type": "checklist_answer",
    }
    file = hands.post("attachments", sent, format="multipart").json()
    body = hands.post(
        f"work-orders/{order.pk}/checklist/picture", {"attachments": [file["id"]]}
    ).json()
    assert body["steps"][3]["attachments"] == [file["id"]]
    other = evidence(photo("blue"), technician)
    assert str(other.pk) not in body["steps"][3]["attachments"]


@pytest.mark.parametrize(
    ("step", "sent", "status", "said"),
    [
        ("doors", {"value": "perhaps"}, 400, "Answer with yes or no."),
        ("speed", {"value": "fast"}, 400, "This is not a number."),
        ("speed", {}, 400, "Give a number."),
        ("roof", {"value": "yes"}, 400, "The checklist has no such step."),
        ("why", {"value": "x"}, 409, "This step does not apply after the answers before it."),
        ("picture", {"value": "x"}, 400, "Add a photo."),
        ("doors", {"value": "yes", "answered_at": "2026-03-04T08:00:00"}, 400, "offset"),
    ],
)
def test_errors_say_what_to_do(
    hands: Client, order: WorkOrder, step: str, sent: dict[str, Any], status: int, said: str
) -> None:
    answer = hands.post(f"work-orders/{order.pk}/checklist/{step}", sent)
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_the_same_answer_again_changes_nothing(hands: Client, order: WorkOrder) -> None:
    for _ in range(3):
        hands.post(f"work-orders/{order.pk}/checklist/doors", {"value": "no"})
    assert ChecklistAnswer.objects.count() == 1
    address = f"work-orders/{order.pk}/checklist/doors/follow-up"
    made = {hands.post(address).json()["id"] for _ in range(2)}
    assert len(made) == 1
    assert hands.get(f"work-orders/{order.pk}/checklist").json()["steps"][0]["follow_up"] in made


def test_others_work_is_not_answered(order: WorkOrder, organization: Organization) -> None:
    other = Client(factories.user(organization))
    answer = other.post(f"work-orders/{order.pk}/checklist/doors", {"value": "yes"})
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "This work order is not assigned to you.",
    )


def test_the_list_takes_as_many_queries_at_any_length(api: Client, scope: Organization) -> None:
    counts = []
    for number in range(3):
        checklist(name=f"Checklist {number}")
        with CaptureQueriesContext(connection) as queries:
            assert api.get("checklists").status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert counts[2] <= 6
