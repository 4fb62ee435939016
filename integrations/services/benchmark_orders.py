"""Work orders of the large invented organisation: three years of them, the newest still open."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from core.ids import new_id
from core.querysets.rowset import insert_rows
from integrations.services.benchmark_use import insert
from scheduling.models import Resource
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderComment, WorkOrderTransition
from worklogs.rules import search
from worklogs.services import numbers

_PAST = timedelta(days=3 * 365)
#: One in twenty is open.
_OPEN_SHARE = 20
_VERBS = ("Replace", "Check", "Clean", "Repair", "Adjust", "Grease")
_THINGS = ("filter", "pump", "valve", "lamp", "door closer", "belt", "sensor", "drain")
_OPEN = (
    *[states.REPORTED] * 4,
    *[states.TRIAGED] * 2,
    *[states.SCHEDULED] * 5,
    *[states.ASSIGNED] * 6,
    *[states.IN_PROGRESS] * 2,
    states.ON_HOLD,
)
_ENDED = (*[states.VERIFIED] * 17, states.COMPLETED, states.CANCELLED, states.REJECTED)
_COLUMNS = (
    *("id", "number", "resource", "title", "kind", "category", "task_type", "priority", "status"),
    *("assigned_to", "reported_by", "reported_at", "due_at", "overdue_at", "started_at", "held_at"),
    *("completed_at", "completed_by", "verified_at", "closed_at", "created_at", "updated_at"),
    "told",
)
_LINE = ("id", "work_order", "target", "assigned_to", "at")
_COMMENT = ("id", "work_order", "author", "text", "created_at", "updated_at")
#: One order in so many is commented on, and how often a comment of which part of the time says what else.
_COMMENTED = 4
_SAID = (
    (1, 1.0, "Cleaned, checked and greased."),
    (25, 1.0, "The gasket is worn."),
    (1, 0.4, "Calcium in the pipes."),
    (2, 0.1, "A halogen bulb, to be replaced."),
)


def load(*, orders: int, now: datetime) -> None:
    """In the scope's organisation: `orders` work orders, one in twenty open, each with one line of history.

    One in four has a comment; a tenth of all orders, all of them old, are said to have calcium in their pipes.
    """
    given = {"step": 1, "description": "Found on the weekly round; the spare part is in store."}
    drawn = numbers.draw(orders)
    insert(WorkOrder, _COLUMNS, _orders(drawn, now), now, **given)
    shared = {
        **{"step": 1, "command": "import", "source": "", "reason": ""},
        **{"pauses_clock": False, "by": None},
    }
    made = WorkOrder.objects.filter(number__gte=drawn.start).order_by("pk")
    rows = made.values_list("pk", "status", "assigned_to", "reported_at").iterator(5000)
    insert_rows(WorkOrderTransition, _LINE, ((new_id(), *row) for row in rows), shared=shared)
    said = made.exclude(told="").values_list("pk", "reported_by", "told", "created_at")
    comments = (
        [new_id(), key, author, text.strip(), made_at, made_at]
        for key, author, text, made_at in said.iterator(5000)
    )
    insert(WorkOrderComment, _COMMENT, comments, now)


def _orders(drawn: range, now: datetime) -> Iterator[list[Any]]:
    generator = random.Random(20260304)  # noqa: S311
    people = list(User.objects.order_by("pk").values_list("pk", flat=True))
    places = list(Resource.objects.order_by("pk").values_list("pk", flat=True))
    kinds, categories = WorkOrder.Kind.values, WorkOrder.Category.values
    tasks = WorkOrder.TaskType.values
    count = len(drawn)
    for place, number in enumerate(drawn):
        came = now - _PAST + _PAST * (place / count)
        is_open = place >= count - count // _OPEN_SHARE
        status = generator.choice(_OPEN if is_open else _ENDED)
        due = (now if is_open else came) + timedelta(hours=generator.randint(-72, 336))
        done = came + timedelta(hours=generator.randint(1, 48))
        who = generator.choice(people)
        is_done = status in (states.COMPLETED, states.VERIFIED)
        is_held_by = who if status in states.HELD_BY_SOMEBODY or is_done else None
        key = new_id()
        title = f"{generator.choice(_VERBS)} {generator.choice(_THINGS)} {number}"
        yield [
            *(key, number, generator.choice(places), title, generator.choice(kinds)),
            *(generator.choice(categories), generator.choice(tasks) if number % 3 == 0 else ""),
            *(generator.choice(("low", "medium", "medium", "high", "critical")), status),
            *(is_held_by, generator.choice(people), came, due, due),
            *(came if is_done or status in (states.IN_PROGRESS, states.ON_HOLD) else None,),
            *(came if status == states.ON_HOLD else None, done if is_done else None),
            *(who if is_done else None, done if status == states.VERIFIED else None),
            *(done if status in (states.CANCELLED, states.REJECTED) else None, came, came),
            _said(place, count),
        ]


def _said(place: int, count: int) -> str:
    number, is_without = divmod(place, _COMMENTED)
    if is_without:
        return ""
    texts = [text for each, part, text in _SAID if number % each == 0 and place < part * count]
    return f"{search.APART}{' '.join(texts)}"
