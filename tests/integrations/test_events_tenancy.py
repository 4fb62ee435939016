"""Nothing that leaves carries another organisation's data, whichever way it leaves: everything that two organisations
filled with every kind of row have to tell is looked at word by word.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.apps import apps
from django.contrib.admin import site
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Organization, User
from core.models import TenantModel
from core.tenancy import all_tenants, tenant_scope
from integrations.models import CalendarFeed, PublishedEvent, Webhook
from integrations.services import (
    calendar_feeds,
    live,
    publication,
    reading,
    webhook_sending,
    webhooks,
)
from scheduling.models import Resource
from tests import factories, world
from tests.api import Client
from tests.console import signed_in
from tests.integrations.test_events import published

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def chiefs(shared_rows: None) -> list[User]:
    """Of two organisations with the same kinds of rows, all of which was published."""
    made = [
        world.populate(factories.organization(slug=slug, name=slug.title()))
        for slug in ("harbour", "mountain")
    ]
    while publication.publish_waiting(datetime.now(UTC)):
        pass
    return made


@pytest.fixture(scope="module")
def owners(chiefs: list[User]) -> Mapping[str, UUID]:
    """Whose each id is."""
    found: dict[str, UUID] = {}
    with all_tenants(reason="test"):
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                rows = model._default_manager.values_list("pk", "organization_id")
                found |= {str(key): owner for key, owner in rows}
    return found | {str(chief.organization_id): chief.organization_id for chief in chiefs}


def check(told: Any, mine: Organization, owners: Mapping[str, UUID]) -> None:
    """Neither an id nor a name of anybody else's."""
    text = orjson.dumps(told).decode()
    other = "mountain" if mine.slug == "harbour" else "harbour"
    assert other not in text.lower()
    foreign = [key for key in _IDS.findall(text) if owners.get(key, mine.pk) != mine.pk]
    assert foreign == []


def test_both_have_much_to_tell(chiefs: list[User]) -> None:
    counts = [len(published(chief.organization)) for chief in chiefs]
    assert min(counts) > 20


@pytest.mark.parametrize("number", [0, 1])
def test_replay(chiefs: list[User], owners: Mapping[str, UUID], number: int) -> None:
    chief = chiefs[number]
    page = Client(chief).get("events?page_size=500").data
    assert len(page["results"]) == len(published(chief.organization))
    check(page, chief.organization, owners)
    other = published(chiefs[1 - number].organization)[0]
    assert Client(chief).get(f"events?after={other.pk}").status_code == 400


@pytest.mark.parametrize("number", [0, 1])
def test_webhooks(chiefs: list[User], owners: Mapping[str, UUID], number: int) -> None:
    chief, now = chiefs[number], datetime.now(UTC)
    with tenant_scope(chief.organization_id):
        hook = Webhook(name=f"From the beginning {number}", url="https://receiver.example/")
        webhooks.create_webhook(hook, by=chief, now=now)
        Webhook.objects.filter(pk=hook.pk).update(position=0)
    call = webhook_sending.claim(hook.pk, chief.organization_id, now=now)
    assert call is not None
    assert len(call.events) > 20
    for event in call.events:
        assert event.organization_id == chief.organization_id
        check([event.data, event.subject, event.organization], chief.organization, owners)


def _calendars(chief: User) -> list[CalendarFeed]:
    """Of each kind, as full as they can be."""
    everything: dict[str, Any] = {"with_bookings": True, "with_contacts": True}
    with tenant_scope(chief.organization_id):
        resources = list(Resource.objects.all())
    assert len(resources) > 1
    return [
        CalendarFeed(name="Mine", kind=CalendarFeed.Kind.PERSON),
        CalendarFeed(name="Everything", kind=CalendarFeed.Kind.ORGANIZATION, **everything),
        *(
            CalendarFeed(
                name=str(each.pk), kind=CalendarFeed.Kind.RESOURCE, resource=each, **everything
            )
            for each in resources
        ),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_calendars(chiefs: list[User], owners: Mapping[str, UUID], number: int) -> None:
    """What calendar programs read with the secret alone, of the organisation, of a person and of each resource."""
    chief, now, entries = chiefs[number], datetime.now(UTC), 0
    for feed in _calendars(chief):
        with tenant_scope(chief.organization_id):
            _, token = calendar_feeds.create_feed(feed, by=chief, now=now)
        answer = Browser().get(f"/calendar/{token}.ics")
        assert answer.status_code == 200
        text = answer.content.decode().replace("\r\n ", "")  # long lines are folded
        entries += text.count("BEGIN:VEVENT")
        check(text, chief.organization, owners)
    assert entries > 10


def _exports() -> list[str]:
    """Every list of the console that leaves as a file."""
    return [
        f"admin:{model._meta.app_label}_{model._meta.model_name}_export"
        for model, admin in site._registry.items()
        if hasattr(admin, "export_view")
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_exports(chiefs: list[User], owners: Mapping[str, UUID], number: int) -> None:
    chief, lines = chiefs[number], 0
    browser = signed_in(chief)
    addresses = ["/api/v1/logs?format=csv", *(reverse(name) for name in _exports())]
    for address in addresses:
        answer: Any = browser.get(address)
        assert answer.status_code in {200, 403}, address  # some lists are the operator's
        if answer.status_code == 200:
            text = b"".join(answer.streaming_content).decode()
            lines += text.count("\n")
            check(text, chief.organization, owners)
    assert len(addresses) > 20
    assert lines > 100


@pytest.mark.parametrize("number", [0, 1])
def test_sockets(chiefs: list[User], owners: Mapping[str, UUID], number: int) -> None:
    """What goes to a room of an organisation is its own; no room belongs to two."""
    mine = chiefs[number].organization
    with all_tenants(reason="test"):
        events = reading.as_events(PublishedEvent.objects.after(0))
    messages = list(live.messages(events, now=events[-1].occurred_at))
    assert messages
    for one in messages:
        owners_of_rooms = {UUID(room.partition("/")[0]) for room in one.rooms}
        assert len(owners_of_rooms) == 1
        if owners_of_rooms == {mine.pk}:
            check(one.data, mine, owners)
