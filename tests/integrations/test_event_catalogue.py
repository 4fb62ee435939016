"""The catalogue of public events: every type is described, has an example that fits, and is really told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import Certificate, Organization, User
from accounts.services import certificates
from core import catalogue, telling
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from integrations.rules.kept_inside import KEPT_INSIDE
from integrations.services import publication, webhooks
from scheduling.models import DueState
from scheduling.services import bookings, occurrences, schedules, windows
from tests import factories, world
from tests.events import relay_all
from tests.integrations.test_events import published, repair
from worklogs.models import SlaPolicy, WorkOrder
from worklogs.services import orders, sla_sweep, talk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [one.name for one in catalogue.all_types()])
def test_examples_fit_their_schemas(name: str) -> None:
    found = catalogue.get(name)
    assert found is not None
    Draft202012Validator.check_schema(dict(found.data))
    fits(found, found.example)


def fits(found: catalogue.EventType, data: Any) -> None:
    checker = Draft202012Validator(dict(found.data), format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(data)] == []


def test_names_that_others_know_are_kept() -> None:
    names = {one.name for one in catalogue.all_types()}
    assert names >= {
        *("task.created", "task.completed", "task.delayed", "room.ready", "maintenance.resolved"),
        *("work-order.created", "work-order.updated", "work-order.completed", "sla.violation"),
        *("inventory.low_stock", "predictive.alert"),
    }


def _dates(by: User, now: datetime) -> None:
    """A schedule given to somebody, one date moved, one left out; a certificate that ends."""
    schedule = factories.schedule(now=now, start_at=now + timedelta(days=1))
    schedules.update_schedule(schedule, {"assigned_to": by}, by=by, now=now)
    case: Any = {
        "schedule_id": schedule.pk,
        "resource_id": schedule.resource_id,
        "by": by,
        "now": now,
    }
    occurrences.skip(**case, reason="Closed.")
    due_at = now + timedelta(days=33)
    following = DueState.objects.get(schedule=schedule).next_due_key
    occurrences.move(**case, occurrence_key=following, due_at=due_at)
    proof = Certificate.objects.get()
    Certificate.objects.filter(pk=proof.pk).update(expires_on=now.date())
    certificates.warn(zone="UTC", now=now)


def _work(by: User, now: datetime) -> None:
    """A cleaning that is late and makes its room ready, a comment, deadlines."""
    repair(by, now)
    order = repair(by, now, kind="cleaning", task_type="checkout_cleaning")
    talk.add_comment(order, "Done.", by=by, now=now)
    late = WorkOrder(resource=factories.resource(), title="Late", task_type="checkout_cleaning")
    orders.create_task(late, by=by, now=now, assignee=by)
    orders.give(late, "delay", {"reason": "Keys are lost."}, by=by, now=now)
    promised = SlaPolicy.objects.get(category="furniture")
    chair = factories.resource(type=promised.resource_type)
    factories.work_order(now=now, resource=chair, category="furniture")
    sla_sweep.sweep(now=now + timedelta(minutes=9, seconds=30))


def _use(by: User, now: datetime) -> None:
    """Windows from beginning to end, and a booking."""
    hour = timedelta(hours=1)
    window = factories.window(now, now + hour)
    changes = {"title": "Longer", "ends_at": now + 2 * hour}
    windows.update_window(window, changes, by=by, now=now)
    windows.start_window(window, by=by, now=now)
    windows.complete_window(window, by=by, now=now)
    other = factories.window(now + hour, now + 2 * hour)
    windows.cancel_window(other, reason="Not needed.", by=by, now=now)
    booking = factories.booking(now + hour, now + 2 * hour)
    bookings.update_booking(booking, {"people": 2}, by=by, now=now)


@pytest.mark.thorough
def test_all_that_happens_in_an_organization_fits_the_catalogue(organization: Organization) -> None:
    """Every type of the catalogue is told of something that came to be by its service."""
    chief, now = world.populate(organization), datetime.now(UTC)
    with tenant_scope(organization.pk):
        for happen in (_dates, _work, _use):
            happen(chief, now)
    relay_all(now)
    while publication.publish_waiting(now):
        pass
    with tenant_scope(organization.pk):
        assert not OutboxEvent.objects.untold().exists()
        happened = set(OutboxEvent.objects.values_list("name", flat=True))
    unlisted = {name for name in happened if not telling.is_told(name)} - set(KEPT_INSIDE)
    assert unlisted == set()
    rows = published()
    for row in rows:
        found = catalogue.get(row.type)
        assert found is not None
        fits(found, row.data)
    untold = {one.name for one in catalogue.all_types()} - {row.type for row in rows}
    assert untold == {webhooks.TEST}
