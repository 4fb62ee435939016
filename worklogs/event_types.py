"""What others may hear of work: orders, tasks, rooms, deadlines, logs. `worklogs/events.py` tells it."""

from typing import Any

from accounts.rights import Right
from core import catalogue
from core.catalogue import (
    DECIMAL,
    ID,
    MOMENT,
    NUMBER,
    TEXT,
    YES_NO,
    EventType,
    or_nothing,
    record,
)
from scheduling.events import KEY, PLACE, PLACE_EXAMPLE

_RESOURCE = PLACE
_ORDER = {
    "work_order_id": ID,
    "number": NUMBER,
    "title": TEXT,
    "status": TEXT,
    "kind": TEXT,
    "task_type": TEXT,
    "category": TEXT,
    "priority": TEXT,
    "safety_concern": YES_NO,
    "resource": _RESOURCE,
    "venue_id": TEXT,
    "schedule_id": or_nothing(ID),
    "assigned_to_id": or_nothing(ID),
    "due_at": or_nothing(MOMENT),
    "booking_reference": TEXT,
    "guest_id": TEXT,
}
_MOVE = _ORDER | {"what": TEXT, "previous_status": TEXT, "reason": TEXT, "by_id": or_nothing(ID)}
_KEY = KEY
_PLACE = PLACE_EXAMPLE
_EXAMPLE = {
    "work_order_id": _KEY,
    "number": 1042,
    "title": "Checkout cleaning",
    "status": "scheduled",
    "kind": "cleaning",
    "task_type": "checkout_cleaning",
    "category": "other",
    "priority": "high",
    "safety_concern": False,
    "resource": _PLACE,
    "venue_id": "room-204",
    "schedule_id": None,
    "assigned_to_id": None,
    "due_at": "2026-11-22T13:00:00Z",
    "booking_reference": "OP-88213",
    "guest_id": "g-551",
}
_MOVED = _EXAMPLE | {"what": "reported", "previous_status": "", "reason": "", "by_id": None}
_DONE = _MOVED | {"what": "completed", "status": "completed", "previous_status": "in_progress"}


def _about_order(name: str, summary: str, example: Any = None, **more: Any) -> EventType:
    fields = _MOVE if not more else _ORDER | more
    return EventType(
        name, summary, record(fields), example or _MOVED, right=Right.WORK_ORDER_VIEW.value
    )


_SLA = {"clock": TEXT, "target_at": MOMENT}
_SLA_EXAMPLE = _EXAMPLE | {"clock": "resolution", "target_at": "2026-11-22T12:00:00Z"}

catalogue.register(
    _about_order("work-order.created", "A work order was reported, planned or generated."),
    _about_order(
        "work-order.updated",
        "A work order moved on in its lifecycle, or what it says was changed; `what` says which.",
        _MOVED | {"what": "assigned", "status": "assigned", "previous_status": "scheduled"},
    ),
    _about_order("work-order.completed", "The work of an order was done.", _DONE),
    _about_order("task.created", "A housekeeping task came to be."),
    _about_order("task.completed", "A housekeeping task was done.", _DONE),
    _about_order(
        "task.delayed",
        "A housekeeping task is late: somebody said so, or its deadline was missed.",
        _MOVED | {"what": "delayed", "reason": "The guest has not left yet."},
    ),
    _about_order(
        "maintenance.resolved",
        "A fault was put right: a corrective or emergency order is done.",
        _DONE | {"kind": "corrective", "task_type": "", "title": "Tap drips"},
    ),
    _about_order(
        "sla.warning",
        "A deadline comes near.",
        _SLA_EXAMPLE | {"percent": 75},
        **_SLA,
        percent=NUMBER,
    ),
    _about_order("sla.violation", "A deadline was missed.", _SLA_EXAMPLE, **_SLA),
    EventType(
        "room.ready",
        "The last cleaning of a room is done and, where that is asked, inspected.",
        record(
            {
                "resource": _RESOURCE,
                "venue_id": TEXT,
                "work_order_id": ID,
                "number": NUMBER,
                "task_type": TEXT,
                "next_booking_reference": TEXT,
                "next_starts_at": or_nothing(MOMENT),
            }
        ),
        {
            "resource": _PLACE,
            "venue_id": "room-204",
            "work_order_id": _KEY,
            "number": 1042,
            "task_type": "checkout_cleaning",
            "next_booking_reference": "OP-88301",
            "next_starts_at": "2026-11-22T14:00:00Z",
        },
        right=Right.WORK_ORDER_VIEW.value,
    ),
    EventType(
        "predictive.alert",
        "A failure is foreseen. Where the risk is high or critical, a work order stands for it.",
        record(
            {
                **{"resource": _RESOURCE, "venue_id": TEXT, "risk_level": TEXT, "source": TEXT},
                **{"failure_mode": TEXT, "message": TEXT, "health_score": or_nothing(DECIMAL)},
                **{"confidence": or_nothing(DECIMAL), "predicted_failure_at": or_nothing(MOMENT)},
                **{"noticed_at": MOMENT, "work_order_id": or_nothing(ID)},
                "number": or_nothing(NUMBER),
            }
        ),
        {
            "resource": {"id": _KEY, "code": "P-3", "name": "Pump 3", "external_id": "pump-3"},
            **{"venue_id": "pump-3", "risk_level": "high", "source": "vibration"},
            **{
                "failure_mode": "Bearing wear",
                "message": "Vibration of 7.1 mm/s at the drive end.",
            },
            **{"health_score": 34, "confidence": 0.87},
            **{"predicted_failure_at": "2026-12-03T10:00:00Z"},
            **{"noticed_at": "2026-11-22T10:30:00Z", "work_order_id": _KEY, "number": 1044},
        },
        right=Right.WORK_ORDER_VIEW.value,
    ),
    EventType(
        "work-order.commented",
        "Somebody wrote a comment on a work order.",
        record(
            {
                "work_order_id": ID,
                "number": NUMBER,
                "comment_id": ID,
                "text": TEXT,
                "by_id": or_nothing(ID),
            }
        ),
        {
            "work_order_id": _KEY,
            "number": 1042,
            "comment_id": _KEY,
            "text": "Parts are here.",
            "by_id": None,
        },
        right=Right.WORK_ORDER_VIEW.value,
    ),
    EventType(
        "checklist.step_failed",
        "A step of a checklist found something wrong.",
        record(
            {
                "work_order_id": ID,
                "number": NUMBER,
                "resource": _RESOURCE,
                "step": TEXT,
                "text": TEXT,
                "answer": TEXT,
            }
        ),
        {
            "work_order_id": _KEY,
            "number": 1042,
            "resource": _PLACE,
            "step": "pressure",
            "text": "Pressure between 1 and 2 bar",
            "answer": "2.6",
        },
        right=Right.WORK_ORDER_VIEW.value,
    ),
    EventType(
        "log.recorded",
        "Maintenance that was done was put on record, or a record was corrected.",
        record(
            {
                "log_id": ID,
                "resource": _RESOURCE,
                "schedule_id": or_nothing(ID),
                "performed_at": MOMENT,
                "issues_found": TEXT,
                "supersedes_id": or_nothing(ID),
            }
        ),
        {
            "log_id": _KEY,
            "resource": _PLACE,
            "schedule_id": None,
            "performed_at": "2026-11-22T10:30:00Z",
            "issues_found": "none",
            "supersedes_id": None,
        },
        right=Right.LOG_VIEW.value,
    ),
)
