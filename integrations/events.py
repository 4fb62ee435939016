"""What others may hear of the exchange itself, and of what comes in: stock that runs low, whoever noticed it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from accounts.rights import Right
from core import catalogue
from core.catalogue import ID, NUMBER, TEXT, YES_NO, EventType, record
from core.models import OutboxEvent
from core.telling import Told, tells
from integrations.services.webhooks import TEST
from scheduling.events import KEY, PLACE, PLACE_EXAMPLE, place
from scheduling.models import Resource

_STOCK = {
    **{"item_id": TEXT, "item_name": TEXT, "is_critical": YES_NO},
    **{"quantity": TEXT, "threshold": TEXT, "resource": PLACE, "venue_id": TEXT},
    **{"work_order_id": ID, "number": NUMBER},
}
_COPIED = ("item_id", "item_name", "is_critical", "quantity", "threshold")

catalogue.register(
    EventType(
        "inventory.low_stock",
        "An item runs low at a place, and a restocking task was made or made urgent.",
        record(_STOCK),
        {
            **{"item_id": "TOWEL-L", "item_name": "Bath towels", "is_critical": False},
            **{"quantity": "12", "threshold": "40"},
            **{"resource": PLACE_EXAMPLE, "venue_id": "room-204"},
            **{"work_order_id": KEY, "number": 1043},
        },
        right=Right.WORK_ORDER_VIEW.value,
    ),
    EventType(
        TEST,
        "Somebody tests a webhook. It goes to that webhook only.",
        record({"webhook_id": ID, "name": TEXT}),
        {"webhook_id": "01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11", "name": "Booking service"},
        Right.WEBHOOK_MANAGE.value,
    ),
)


@tells("integrations.stock.reported")
def tell_stock(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Each item that runs low, with its place."""
    keys = {UUID(event.payload["resource_id"]) for event in events}
    places = Resource.objects.filter(pk__among=keys).in_bulk()
    for event in events:
        given = event.payload
        found = places.get(UUID(given["resource_id"]))
        if found is not None:
            data = {
                **{name: given[name] for name in _COPIED},
                **{"resource": place(found), "venue_id": found.external_id},
                **{"work_order_id": given["work_order_id"], "number": given["number"]},
            }
            yield Told(event, "inventory.low_stock", f"resource/{found.pk}", data)
