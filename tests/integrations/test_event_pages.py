"""The console's pages of events, and what nobody could make sense of."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import AuditEntry, OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import DeadLetter, InboundEvent, Outlet
from integrations.services import publication
from integrations.services.inbound import letters, receiving
from scheduling.models import Booking
from tests import factories
from tests.console import signed_in
from tests.integrations.test_events import repair
from worklogs.models import WorkOrder

pytestmark = pytest.mark.django_db
STAY = {
    **{"booking_reference": "OP-1", "venue_id": "room-204"},
    **{"starts_at": "2026-03-04T15:00:00Z", "ends_at": "2026-03-06T10:00:00Z"},
}


def message(type: str = "booking.created", data: Any = STAY, **more: Any) -> bytes:
    event = {"specversion": "1.0", "id": "1", "source": "/services/opera", "type": type}
    return orjson.dumps({**event, "data": data, **more})


def arrive(body: bytes, **headers: str) -> receiving.Taken | None:
    return letters.take_message(body, headers, via="rabbitmq", now=timezone.now())


@pytest.fixture
def browser(admin: User) -> Browser:
    return signed_in(admin)


def page(browser: Browser, name: str, *arguments: Any, **query: Any) -> str:
    answer = browser.get(reverse(f"admin:{name}", args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(browser: Browser, name: str, *arguments: Any) -> str:
    answer = browser.post(reverse(f"admin:{name}", args=arguments), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_catalogue_is_searched(browser: Browser) -> None:
    everything = page(browser, "event_catalogue")
    for name in ("room.ready", "work-order:created", "guest.complaint_filed"):
        assert name in everything
    found = page(browser, "event_catalogue", q="room ready")
    assert "room.ready" in found
    assert "guest.complaint_filed" not in found
    assert "No event matches that" in page(browser, "event_catalogue", q="nothing so")


def test_what_left_is_shown_with_links(browser: Browser, admin: User, now: datetime) -> None:
    assert "Nothing has left yet" in page(browser, "events_left")
    order = repair(admin, now)
    publication.publish_waiting(now)
    text = page(browser, "events_left", type="maintenance.resolved")
    assert f"#{order.number} Tap drips" in text
    assert reverse("admin:work_order_detail", args=[order.pk]) in text
    one = page(browser, "events_left", subject=f"work-order/{order.pk}")
    assert "resource.created" not in one.partition("Newest first")[2]
    assert "Nothing of this left" in page(browser, "events_left", subject="work-order/none")
    assert "Nothing of this left" in page(browser, "events_left", page="99999")


def test_how_far_events_have_come_is_told(
    browser: Browser, admin: User, now: datetime, organization: Organization
) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    values = {"position": 1, "next_at": now, "failing_since": now}
    Outlet.objects.create(name="rabbitmq", problem="secret-host refused", **values)
    text = page(browser, "events_aside")
    assert "Takes nothing" in text
    assert "secret-host" not in text
    operator = factories.user(organization, role=Role.SUPER_ADMIN)
    assert "secret-host" in page(signed_in(operator), "events_aside")


def test_a_parked_event_is_tried_again_when_a_person_says_so(
    browser: Browser, admin: User, organization: Organization
) -> None:
    arrive(message())
    with tenant_scope(organization.pk):
        event = InboundEvent.objects.get()
    shown = page(browser, "incoming_event", event.pk)
    assert "No resource has “room-204”" in shown
    assert "It did not work this time" in post(browser, "incoming_event_retry", event.pk)
    with tenant_scope(organization.pk):
        factories.resource(code="R-204", external_id="room-204")
    shown = post(browser, "incoming_event_retry", event.pk)
    with tenant_scope(organization.pk):
        booking = Booking.objects.get()
        assert AuditEntry.objects.filter(action="retry", object_id=str(event.pk)).count() == 2
    assert reverse("admin:scheduling_booking_change", args=[booking.pk]) in shown
    assert "Try again" not in shown


def test_what_is_left_alone_stays_so(browser: Browser, organization: Organization) -> None:
    arrive(message())
    with tenant_scope(organization.pk):
        event = InboundEvent.objects.get()
    assert "left it alone" in post(browser, "incoming_event_ignore", event.pk)
    assert "Only what is parked or failed" in post(browser, "incoming_event_ignore", event.pk)
    assert "is not possible" in post(browser, "incoming_event_retry", event.pk)
    text = page(browser, "incoming_events", state="ignored")
    assert reverse("admin:incoming_event", args=[event.pk]) in text
    assert "Nothing is in this state" in page(browser, "incoming_events", state="failed")


def test_data_that_cannot_be_read_wait_for_a_person(
    browser: Browser, organization: Organization
) -> None:
    taken = arrive(message(data={"booking_reference": ""}))
    assert taken is not None
    assert taken.state == "failed"
    assert "Which booking is it about?" in page(browser, "events_aside")


def test_a_message_that_is_no_event_is_put_aside(
    browser: Browser, admin: User, organization: Organization
) -> None:
    assert arrive(b"<xml>Ada</xml>", organization=organization.slug) is None
    shown = page(browser, "events_aside")
    assert "It is not JSON" in shown
    assert "&lt;xml&gt;Ada" in shown
    letter = DeadLetter.objects.get()
    assert "It cannot be read still" in post(browser, "dead_letter_retry", letter.pk)
    assert "It is settled." in post(browser, "dead_letter_settle", letter.pk)
    assert "Nothing is put aside" in page(browser, "events_aside")
    letter.refresh_from_db()
    assert letter.settled_by_id == admin.pk
    assert "settled already" in post(browser, "dead_letter_settle", letter.pk)


def test_a_message_of_nobody_is_the_operators(
    browser: Browser, organization: Organization, stranger: Organization, settings: Any
) -> None:
    """With two organisations an event must name its own; the settings may name one for those that do not."""
    assert arrive(message("x.y", {})) is None
    letter = DeadLetter.objects.get()
    assert (letter.organization, letter.problem) == (None, "It names no organisation.")
    assert "Nothing is put aside" in page(browser, "events_aside")
    address = reverse("admin:dead_letter_settle", args=[letter.pk])
    assert browser.post(address).status_code == 404
    operator = signed_in(factories.user(organization, role=Role.SUPER_ADMIN))
    assert "of no organisation" in page(operator, "events_aside")
    settings.EVENTS_ORGANIZATION = "stranger"
    assert "taken in" in post(operator, "dead_letter_retry", letter.pk)
    with tenant_scope(stranger.pk):
        assert InboundEvent.objects.get().state == "ignored"


def test_a_letter_names_its_organisation_and_no_other_sees_it(
    browser: Browser, stranger: Organization
) -> None:
    arrive(b"no json", organization=stranger.slug)
    assert "Nothing is put aside" in page(browser, "events_aside")
    theirs = signed_in(factories.user(stranger, role=Role.ADMIN))
    assert "It is not JSON" in page(theirs, "events_aside")


def test_the_events_own_word_on_its_organisation_counts_most(
    organization: Organization, stranger: Organization
) -> None:
    arrive(message("x.y", {}, organization="stranger"), organization=organization.slug)
    assert arrive(message("x.y", {}, id="2", organization="nobody")) is None
    with all_tenants(reason="test"):
        assert InboundEvent.objects.get().organization == stranger


def test_of_a_large_message_the_beginning_is_kept(
    browser: Browser, organization: Organization
) -> None:
    arrive(b"x" * 300_000, organization=organization.slug)
    letter = DeadLetter.objects.get()
    assert (len(letter.raw), letter.size, letter.is_whole) == (65_536, 300_000, False)
    assert "Not all of it was kept" in post(browser, "dead_letter_retry", letter.pk)


def test_settled_letters_go_after_a_while(organization: Organization, admin: User) -> None:
    for _ in range(2):
        arrive(b"no json", organization=organization.slug)
    first, _ = DeadLetter.objects.unsettled()
    letters.settle(first, by=admin, now=timezone.now())
    later = timezone.now() + receiving.KEEP + timedelta(seconds=1)
    assert letters.clean_up(later) == 1
    assert DeadLetter.objects.count() == 1


def test_what_could_not_be_told_is_told_again(
    browser: Browser, admin: User, organization: Organization, now: datetime
) -> None:
    repair(admin, now)
    with tenant_scope(organization.pk):
        waiting = OutboxEvent.objects.to_publish()
        waiting.order_by().update(awaits_publication=False, publication_error="It broke.")
        count = OutboxEvent.objects.untold().count()
    assert "It broke." in page(browser, "events_aside")
    assert f"{count} events will be told" in post(browser, "events_untold_retry")
    publication.publish_waiting(now)
    assert "Nothing is put aside" in page(browser, "events_aside")


def test_nobody_sees_anothers_events(
    browser: Browser, organization: Organization, stranger: Organization
) -> None:
    arrive(message(), organization=stranger.slug)
    with tenant_scope(stranger.pk):
        event = InboundEvent.objects.get()
    assert "Nothing has come in yet" in page(browser, "incoming_events")
    for name in ("incoming_event", "incoming_event_retry", "incoming_event_ignore"):
        address = reverse(f"admin:{name}", args=[event.pk])
        act = browser.get if name == "incoming_event" else browser.post
        assert act(address).status_code == 404


def test_who_may_not_see_events_finds_no_page(organization: Organization) -> None:
    for role in (Role.REQUESTER, Role.TECHNICIAN, Role.VENUE_ADMIN):
        person = signed_in(factories.user(organization, role=role))
        for name in ("event_catalogue", "events_left", "incoming_events", "events_aside"):
            assert person.get(reverse(f"admin:{name}")).status_code == 403


def test_who_sent_it_must_still_be_allowed_to(
    organization: Organization, admin: User, now: datetime
) -> None:
    """A complaint waits for its room; meanwhile whoever sent it has left."""
    from integrations.rules import incoming

    body = message("guest.complaint_filed", {"description": "Cold", "room": "R-204"})
    with tenant_scope(organization.pk):
        came = incoming.read(incoming.from_bytes(body))
        taken = receiving.take(came, via="api", by=admin, now=now)
        assert taken.event is not None
        admin.is_active = False
        admin.save()
        factories.resource(code="R-204")
        done = receiving.apply(taken.event.pk, now=now)
        assert (done.state, WorkOrder.objects.count()) == ("failed", 0)
