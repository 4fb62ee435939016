"""Checklists for tests."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.models import User
from core.models import Attachment
from core.services import attachments
from tests import factories
from worklogs.models import Checklist, ChecklistVersion, WorkOrder
from worklogs.services import checklists
from worklogs.services.sheets import TARGET

LIFT: list[dict[str, Any]] = [
    {"key": "doors", "kind": "check", "text": "Do the doors close by themselves?"},
    {
        "key": "speed",
        "kind": "number",
        "text": "Speed of the car",
        "unit": "m/s",
        "minimum": "0.9",
        "maximum": "1.1",
        "follow_up": "open",
    },
    {
        "key": "why",
        "kind": "text",
        "text": "What keeps the doors open?",
        "condition": {"step": "doors", "answer": "no"},
    },
    {"key": "picture", "kind": "photo", "text": "Picture of the brake", "required": False},
    {"key": "sign", "kind": "signature", "text": "Signature"},
]


def checklist(
    steps: list[dict[str, Any]] | None = None, *, name: str = "Lift inspection", **uses: Any
) -> Checklist:
    """A published checklist in the organisation in scope."""
    made = checklists.create_checklist(
        Checklist(name=name), LIFT if steps is None else steps, by=None, now=factories.START
    )
    checklists.publish(made, by=None, now=factories.START)
    if uses:
        checklists.set_uses(made, **uses, by=None, now=factories.START)
    return made


def order_with(
    version: ChecklistVersion | None, technician: User, status: str = "in_progress"
) -> WorkOrder:
    """An order in the hands of the technician."""
    return factories.work_order_in(status, assigned_to=technician, checklist=version)


def signature(*, blank: bool = False) -> bytes:
    """What the canvas of a phone makes."""
    picture, data = Image.new("RGBA", (60, 30), (0, 0, 0, 0)), BytesIO()
    if not blank:
        ImageDraw.Draw(picture).line((5, 20, 50, 8), fill="black", width=2)
    picture.save(data, "PNG")
    return data.getvalue()


def evidence(data: bytes, by: User | None, name: str = "picture.png") -> Attachment:
    """A file uploaded for an answer that is to come."""
    return attachments.store(
        upload=SimpleUploadedFile(name, data),
        name=name,
        target_type=TARGET,
        target_id=None,
        by=by,
        now=factories.START,
    )
