"""Webhooks in the console: made with events chosen, their secret copied once, refusals seen and sent again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import Webhook, WebhookDelivery
from tests import factories
from tests.console import signed_in
from tests.integrations.receivers import Receiver, drain, fresh, happen, made, receiving

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/webhook/"


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def browser(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def seen(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_is_made_and_its_secret_shown_once(
    browser: Client, organization: Organization, receiver: Receiver
) -> None:
    assert "No webhook yet" in seen(browser, LIST)
    form = seen(browser, f"{LIST}add/")
    assert "<legend>Work orders</legend>" in form
    assert "webhook.test" not in form
    sent = {"name": "Booking service", "url": "booking.example", "event_types": ["room.ready"]}
    assert (
        "must begin with https://"
        in browser.post(f"{LIST}add/", sent, follow=True).content.decode()
    )

    page = browser.post(f"{LIST}add/", {**sent, "url": receiver.address})["Location"]

    with tenant_scope(organization.pk):
        webhook = Webhook.objects.get()
    assert (webhook.event_types, page) == (["room.ready"], f"{LIST}{webhook.pk}/")
    assert webhook.secret in seen(browser, page)
    assert webhook.secret not in seen(browser, page)
    assert webhook.secret not in seen(browser, LIST)
    assert webhook.secret not in seen(browser, f"{LIST}{webhook.pk}/change/")
    assert "Booking service" in seen(browser, LIST)


def test_the_form_changes_it(browser: Client, organization: Organization) -> None:
    webhook = made(organization, "https://receiver.example/", timezone.now())
    form = seen(browser, f"{LIST}{webhook.pk}/change/")
    assert 'value="room.ready" checked' not in form
    sent = {"name": webhook.name, "url": webhook.url}
    browser.post(f"{LIST}{webhook.pk}/change/", {**sent, "event_types": ["room.ready"]})
    assert fresh(webhook).event_types == ["room.ready"]
    assert 'value="room.ready" checked' in seen(browser, f"{LIST}{webhook.pk}/change/")
    browser.post(f"{LIST}{webhook.pk}/change/", sent)
    assert fresh(webhook).event_types == []


def test_the_page_says_what_happens_next(
    browser: Client, organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    page = f"{LIST}{webhook.pk}/"
    assert "The next event leaves as soon as it happens." in seen(browser, page)
    ids = happen(organization, now, "task.created", "room.ready")
    assert "2 events wait and leave now" in seen(browser, page)
    receiver.status, receiver.body = 500, b"<b>Out of order</b>"
    drain(now)
    said = seen(browser, page)
    assert "The receiver answered 500 Internal Server Error." in said
    assert "&lt;b&gt;Out of order&lt;/b&gt;" in said
    assert "2 events wait, in order" in said
    assert "Receiver fails" in seen(browser, LIST)

    browser.post(f"{page}retry/")
    receiver.status = 200
    drain(timezone.now())
    assert receiver.taken == ids
    assert "Receiver fails" not in seen(browser, page)


def test_it_is_switched_off_and_on(
    browser: Client, organization: Organization, receiver: Receiver
) -> None:
    webhook = made(organization, receiver.address, timezone.now())
    page = f"{LIST}{webhook.pk}/"
    browser.post(f"{page}disable/")
    happen(organization, timezone.now(), "task.created")
    said = seen(browser, page)
    assert "Nothing is sent." in said
    assert "Switch on and send what waits" in said
    browser.post(f"{page}enable/", {"start": "now"})
    ids = happen(organization, timezone.now(), "task.created")
    browser.post(f"{page}disable/")
    browser.post(f"{page}enable/", {"start": "here"})
    drain(timezone.now())
    assert receiver.taken == ids
    browser.post(f"{page}disable/")
    refused = browser.post(f"{page}retry/", follow=True).content.decode()
    assert "It is switched off. Switch it on first." in refused


def test_a_new_secret_is_shown_once(browser: Client, organization: Organization) -> None:
    webhook = made(organization, "https://receiver.example/", timezone.now())
    page = f"{LIST}{webhook.pk}/"
    browser.post(f"{page}rotate/")
    new = fresh(webhook).secret
    assert new != webhook.secret
    said = seen(browser, page)
    assert new in said
    assert "The one before signs until" in said
    assert new not in seen(browser, page)


def test_deliveries_are_filtered_and_sent_again(
    browser: Client, organization: Organization, receiver: Receiver
) -> None:
    webhook = made(organization, receiver.address, timezone.now())
    page = f"{LIST}{webhook.pk}/"
    ids = happen(organization, timezone.now(), *("task.created",) * 55, "room.ready")
    receiver.statuses = [200] * 55 + [500]
    drain(timezone.now())
    assert seen(browser, page).count('name="delivery"') == 50
    with tenant_scope(organization.pk):
        rows = WebhookDelivery.objects.newest_first()
        fiftieth, refused = rows[49], rows.get(outcome="refused")
    assert f"before={fiftieth.pk}" in seen(browser, page)
    assert seen(browser, f"{page}?before={fiftieth.pk}").count('name="delivery"') == 6
    assert seen(browser, f"{page}?outcome=refused").count('name="delivery"') == 1
    assert "None of these." in seen(browser, f"{page}?outcome=waiting")

    browser.post(f"{page}redeliver/", {"delivery": str(refused.pk)})
    assert "Asked for" in seen(browser, f"{page}?outcome=waiting")
    drain(timezone.now())
    assert receiver.ids[-1] == ids[-1]
    browser.post(f"{page}test/")
    drain(timezone.now() + timedelta(seconds=1))
    assert receiver.events[-1]["type"] == "webhook.test"
    for wrong in ("nonsense", str(webhook.pk)):
        assert browser.post(f"{page}redeliver/", {"delivery": wrong}).status_code == 404
        assert browser.get(f"{page}?before={wrong}").status_code == 404


def test_it_is_deleted(browser: Client, organization: Organization) -> None:
    webhook = made(organization, "https://receiver.example/", timezone.now())
    browser.post(f"{LIST}{webhook.pk}/delete/", {"post": "yes"})
    with tenant_scope(organization.pk):
        assert not Webhook.objects.exists()


def test_it_is_nobody_elses(
    organization: Organization, stranger: Organization, user_with: Callable[[Role], User]
) -> None:
    webhook = made(organization, "https://receiver.example/", timezone.now())
    other = signed_in(factories.user(stranger, role=Role.ADMIN))
    assert other.get(f"{LIST}{webhook.pk}/").status_code == 404
    assert other.post(f"{LIST}{webhook.pk}/rotate/").status_code == 404
    assert webhook.name not in seen(other, LIST)
    assert signed_in(user_with(Role.TECHNICIAN)).get(f"{LIST}{webhook.pk}/").status_code == 403


def test_pages_ask_few_questions(
    browser: Client,
    organization: Organization,
    receiver: Receiver,
    django_assert_max_num_queries: Any,
) -> None:
    webhook = made(organization, receiver.address, timezone.now())
    happen(organization, timezone.now(), *("task.created",) * 60)
    drain(timezone.now())
    for _ in range(5):
        made(organization, receiver.address, timezone.now())
    browser.get(LIST)
    with django_assert_max_num_queries(12):
        browser.get(LIST)
    with django_assert_max_num_queries(12):
        browser.get(f"{LIST}{webhook.pk}/")
