"""What others may hear of the exchange itself."""

from accounts.rights import Right
from core import catalogue
from core.catalogue import ID, TEXT, EventType, record
from integrations.services.webhooks import TEST

catalogue.register(
    EventType(
        TEST,
        "Somebody tests a webhook. It goes to that webhook only.",
        record({"webhook_id": ID, "name": TEXT}),
        {"webhook_id": "01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11", "name": "Booking service"},
        Right.WEBHOOK_MANAGE.value,
    )
)
