"""Events of a booking that come in any order, and any number of times, lead to the same booking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.models import InboundEvent
from integrations.rules import incoming
from integrations.services.inbound import receiving
from scheduling.models import Booking
from tests import factories
from tests.integrations.senders import settle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
DAY = timedelta(days=1)
TYPES = ("booking.updated", "booking.checked_in", "booking.completed", "booking.cancelled")
COLUMNS = ("resource__code", "starts_at", "ends_at", "status", "people", "guest_id", "contact_name")

fields = st.fixed_dictionaries(
    {},
    optional={
        "venue_id": st.sampled_from(["room-1", "room-2"]),
        "starts_at": st.sampled_from([(NOW + DAY * day).isoformat() for day in (1, 2)]),
        "ends_at": st.sampled_from([(NOW + DAY * day).isoformat() for day in (3, 4)]),
        "status": st.sampled_from(["tentative", "confirmed"]),
        "people": st.integers(1, 3),
        "guest_id": st.sampled_from(["a", "b"]),
        "contact_name": st.sampled_from(["Ada", "Grace"]),
    },
)
WHOLE = {
    **{"venue_id": "room-1", "starts_at": (NOW + DAY).isoformat()},
    "ends_at": (NOW + 4 * DAY).isoformat(),
}
minutes = st.integers(0, 4)
updates = st.lists(st.tuples(st.sampled_from(TYPES), fields, minutes), min_size=1, max_size=5)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[incoming.Incoming], list[incoming.Incoming]]:
    """What a booking system says of a booking, and the same as it may come."""
    told = [("booking.created", {**WHOLE, **draw(fields)}, draw(minutes)), *draw(updates)]
    history = [event(number, *one) for number, one in enumerate(told)]
    repeated = draw(st.lists(st.sampled_from(history), max_size=3))
    return history, list(draw(st.permutations([*history, *repeated])))


def event(number: int, type: str, data: Any, minute: int) -> incoming.Incoming:
    return incoming.Incoming(
        id=str(number),
        source="/services/opera",
        type=type,
        data={**data, "booking_reference": "OP-1"},
        time=NOW - DAY + timedelta(minutes=minute),
    )


def outcome(events: list[incoming.Incoming]) -> tuple[Any, ...]:
    """The booking that these lead to when they come so; nothing of it stays."""
    with transaction.atomic():
        for one in events:
            receiving.take(one, via="redis", by=None, now=NOW)
        settle()
        assert {row.state for row in InboundEvent.objects.all()} == {"applied"}
        found: tuple[Any, ...] = Booking.objects.values_list(*COLUMNS).get()
        transaction.set_rollback(True)
    return found


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_any_order_leads_to_the_same_booking(
    organization: Organization, found: tuple[list[Any], list[Any]]
) -> None:
    history, came = found
    with tenant_scope(organization.pk), transaction.atomic():
        for number in (1, 2):
            factories.resource(code=f"R{number}", external_id=f"room-{number}")
        assert outcome(came) == outcome(history)
        transaction.set_rollback(True)


def test_the_newest_word_on_each_field_holds(scope: Organization) -> None:
    factories.resource(code="R1", external_id="room-1")
    came = [
        event(1, "booking.created", {**WHOLE, "people": 1}, 0),
        event(3, "booking.checked_in", {}, 2),
        event(2, "booking.updated", {"people": 3, "status": "tentative"}, 1),
    ]
    _, _, _, status, people, _, _ = outcome(came)
    assert (status, people) == ("checked_in", 3)


def test_a_stay_moved_by_two_events_makes_sense_after_the_second(scope: Organization) -> None:
    factories.resource(code="R1", external_id="room-1")
    start, end = ((NOW + day * DAY) for day in (5, 6))
    came = [
        event(1, "booking.created", WHOLE, 0),
        event(3, "booking.updated", {"starts_at": start.isoformat()}, 2),
        event(2, "booking.updated", {"ends_at": end.isoformat()}, 1),
    ]
    assert outcome(came)[1:3] == (start, end)


def test_what_another_door_said_later_holds(scope: Organization) -> None:
    from scheduling.services import bookings

    room = factories.resource(code="R1", external_id="room-1")
    receiving.take(event(1, "booking.created", WHOLE, 0), via="redis", by=None, now=NOW)
    told = Booking(resource=room, source="opera", reference="OP-1", people=7)
    told.starts_at, told.ends_at = NOW, NOW + DAY
    bookings.upsert_booking(told, source_at=NOW, by=None, now=NOW)
    receiving.take(event(2, "booking.updated", {"people": 2}, 3), via="redis", by=None, now=NOW)
    assert Booking.objects.get().people == 7
