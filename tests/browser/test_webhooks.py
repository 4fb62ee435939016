"""A webhook in a browser: made with a few choices, its secret copied, a refusal understood and sent again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.models import Webhook
from tests.browser.conftest import (
    DESK,
    PHONE,
    PageFor,
    assert_accessible,
    assert_no_console_errors,
    look_like,
)
from tests.integrations.receivers import Receiver, drain, happen, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    with receiving() as found:
        yield found


def test_from_nothing_to_a_receiver_that_hears(
    page_for: PageFor, organization: Organization, receiver: Receiver
) -> None:
    page = page_for(viewport=PHONE)
    page.goto("/admin/integrations/webhook/")
    page.get_by_role("link", name="New webhook").last.click()
    page.get_by_label("Name").fill("Booking service")
    page.get_by_label("Address").fill(receiver.address)
    page.get_by_role("group", name="Rooms").get_by_role("checkbox").check()
    page.get_by_role("group", name="Tasks").get_by_label("task.completed").check()
    assert_accessible(page)
    page.get_by_role("button", name="Save", exact=True).click()

    secret = page.get_by_role("region", name="Copy the secret now")
    expect(secret).to_be_visible()
    with tenant_scope(organization.pk):
        webhook = Webhook.objects.get()
    assert sorted(webhook.event_types) == ["room.ready", "task.completed"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret.get_by_role("button").click()
    expect(secret.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == webhook.secret
    page.context.clear_permissions()

    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    happen(organization, timezone.now(), "task.created", "room.ready")
    drain(timezone.now())
    page.reload()
    expect(page.get_by_role("region", name="What happens next")).to_contain_text(
        "The next event leaves as soon as it happens."
    )
    expect(page.get_by_role("region", name="Deliveries")).to_contain_text("webhook.test")
    assert [event["type"] for event in receiver.events] == ["webhook.test", "room.ready"]
    assert_no_console_errors(page)


def test_a_refusal_is_understood_and_sent_again(
    page_for: PageFor, organization: Organization, receiver: Receiver
) -> None:
    page = page_for()
    receiver.status, receiver.body = 503, b"Closed for maintenance until " + b"x" * 200
    with tenant_scope(organization.pk):
        from integrations.services import webhooks

        row = Webhook(name="Booking service of the whole group", url=receiver.address)
        webhook = webhooks.create_webhook(row, by=None, now=timezone.now())
    happen(organization, timezone.now(), *("work-order.created", "sla.warning") * 3)
    drain(timezone.now())
    page.goto(f"/admin/integrations/webhook/{webhook.pk}/")
    following = page.get_by_role("region", name="What happens next")
    expect(following).to_contain_text("The receiver answered 503 Service Unavailable.")
    expect(following).to_contain_text("6 events wait, in order")
    for viewport, dark in ((DESK, True), (PHONE, False), (PHONE, True)):
        look_like(page, viewport, dark)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert_accessible(page)
    look_like(page, DESK, dark=False)

    following.get_by_role("button", name="Try now").click()
    expect(page.get_by_text("It is tried now.")).to_be_visible()
    receiver.status = 200
    drain(timezone.now())
    page.get_by_role("link", name="Refused").click()
    page.get_by_role("button", name="Send again").click()
    drain(timezone.now())
    expect(page.get_by_text("is sent once more.")).to_be_visible()
    assert len(receiver.taken) == 7
    assert_no_console_errors(page)
