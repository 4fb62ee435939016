"""What other systems send, and what becomes of it within seconds."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.services.inbound import receiving
from tests.api import Client
from tests.events import relay_all

STAY = {
    "booking_reference": "OP-1",
    "venue_id": "room-204",
    "starts_at": "2026-03-04T15:00:00Z",
    "ends_at": "2026-03-06T10:00:00Z",
    "guest_id": "g-551",
}
LOW, CRITICAL = "inventory.low_stock", "inventory.critical_stock"
TOWELS = {"item_id": "T", "item_name": "Towels", "venue_id": "room-204", "quantity": 12}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cloud(
    type: str, data: Any, *, id: str = "1", time: str = "2026-03-01T10:00:00Z", **more: Any
) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": id,
        "source": "/services/opera",
        "type": type,
        "time": time,
    }
    return {**event, "data": data, **more}


def send(sender: Client, *events: Any) -> list[dict[str, Any]]:
    answer = sender.post("events", list(events) if len(events) > 1 else events[0])
    assert answer.status_code == 202, answer.data
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def settle() -> None:
    """What happens within seconds, by the workers."""
    while True:
        relay_all(timezone.now())
        if not receiving.apply_due(now=timezone.now()):
            return
