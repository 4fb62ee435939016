"""What is said of work orders outside their own columns, kept with them for the search."""

from django.db.models import F, Value
from django.db.models.functions import Concat

from worklogs.models import Log, WorkOrder, WorkOrderLog
from worklogs.rules import search


def add(order: WorkOrder, *texts: str) -> None:
    """The order is found by these words, too. What was said once stays findable, also where a correction replaced it.

    Added by the database, so that nobody takes away what another says at the same moment.
    """
    said = search.APART.join(text for text in texts if text)
    if said:
        mine = WorkOrder.objects.filter(pk=order.pk)
        mine.update(told=Concat(F("told"), Value(search.APART + said)))


def hold_order(log: Log) -> WorkOrder | None:
    """The order whose completion wrote the first of a chain of corrections, held until the transaction ends."""
    first = log
    while first.supersedes is not None:
        first = first.supersedes
    key = WorkOrderLog.objects.filter(log=first).values_list("work_order", flat=True).first()
    return WorkOrder.objects.hold({key})[key] if key else None
