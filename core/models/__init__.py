from core.models.attachments import Attachment
from core.models.audit import AuditEntry
from core.models.constraints import both_or_neither
from core.models.idempotency import IdempotencyKey
from core.models.lists import ListPreference
from core.models.outbox import HandledEvent, OutboxEvent
from core.models.sweeps import SweepState
from core.models.tenant import TenantModel

__all__ = [
    "Attachment",
    "AuditEntry",
    "HandledEvent",
    "IdempotencyKey",
    "ListPreference",
    "OutboxEvent",
    "SweepState",
    "TenantModel",
    "both_or_neither",
]
