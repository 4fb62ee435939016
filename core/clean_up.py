"""Periodic clean-up of the kernel's own tables."""

from datetime import datetime, timedelta

from core import outbox
from core.models import IdempotencyKey
from core.sweeps import sweep
from core.tenancy import all_tenants

KEEP_IDEMPOTENCY_KEYS = timedelta(days=1)


@sweep("core.clean_up_outbox", every=timedelta(hours=1))
def clean_up_outbox(now: datetime) -> object:
    return {"removed": outbox.clean_up(now)}


@sweep("core.clean_up_idempotency_keys", every=timedelta(hours=1))
def clean_up_idempotency_keys(now: datetime) -> object:
    with all_tenants(reason="the clean-up serves every organisation"):
        old = IdempotencyKey.objects.filter(created_at__lt=now - KEEP_IDEMPOTENCY_KEYS)
        return {"removed": old.delete()[0]}
