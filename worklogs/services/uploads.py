"""Files of logs and orders: who may see them, and what becomes of uploads that were never used."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from PIL import Image

from accounts.rights import Right, has_right
from core.models import Attachment
from core.tenancy import all_tenants
from worklogs.models import Log, WorkOrder

#: Somebody may fill in a form over night.
KEEP_UNUSED = timedelta(hours=48)


def may_view_log_files(user: Any, log_id: UUID) -> bool:
    """Those who may see the log."""
    return has_right(user, Right.LOG_VIEW) and bool(
        Log.objects.visible_to(user).filter(pk=log_id).exists()
    )


def may_view_order_files(user: Any, order_id: UUID) -> bool:
    """Those who may see the order."""
    return has_right(user, Right.WORK_ORDER_VIEW) and bool(
        WorkOrder.objects.visible_to(user).filter(pk=order_id).exists()
    )


def is_blank(stored: Any) -> bool:
    """Whether a picture shows nothing: one colour all over."""
    with stored.open("rb") as opened, Image.open(opened) as picture:
        lowest_and_highest = picture.convert("RGBA").getextrema()
    return all(low == high for low, high in lowest_and_highest)  # type: ignore[misc]


def remove_unused(*, now: datetime) -> int:
    """Remove uploads that no object took within `KEEP_UNUSED`; returns how many. Serves every organisation."""
    removed = 0
    with all_tenants(reason="the clean-up serves every organisation"):
        unused = Attachment.objects.filter(target_id=None, created_at__lt=now - KEEP_UNUSED)
        for key in list(unused.values_list("pk", flat=True)[:5000]):
            removed += _remove(key)
    return removed


@transaction.atomic
def _remove(key: UUID) -> bool:
    """The row first; its files when that is certain. False when a log took it meanwhile."""
    row = Attachment.objects.select_for_update(of=("self",)).filter(pk=key, target_id=None).first()
    if row is None:
        return False
    row.delete()
    for stored in (row.file, row.thumbnail):
        if stored:
            transaction.on_commit(partial(stored.storage.delete, stored.name))
    return True
