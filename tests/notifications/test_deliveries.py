"""Mail over a real SMTP server: what arrives, what is tried again, what is given up."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from accounts.services import passwords
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from notifications.models import Delivery, Notification
from notifications.rules.retries import wait_after
from notifications.services import deliveries, letters, unsubscribing
from notifications.services.deliveries import deliver_due
from notifications.services.rounds import LEASE
from scheduling.models import DueCheckRun
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import Sink, check, free_port

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]
MINUTE = timedelta(minutes=1)


def body(mail: EmailMessage, kind: str) -> str:
    """The plain or HTML text of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_digest_of_forty_is_one_mail_after_a_minute(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    for number in range(38):
        due_work(title=f"Work {number}", assigned_to=technician)
    for number in range(2):
        due_work(-9, title=f"Late {number}", assigned_to=technician)
    check(organization, now)
    assert deliver_due(now + timedelta(seconds=59)) == {"sent": 0, "put_off": 0, "failed": 0}
    assert deliver_due(now + MINUTE) == {"sent": 1, "put_off": 0, "failed": 0}
    [(to, mail)] = smtp.received
    assert to == technician.email
    assert mail["Subject"] == "Maintenance: 2 overdue, 38 due"
    text = body(mail, "plain")
    html = body(mail, "html")
    for part in (text, html):
        assert all(f"Work {number} – " in part for number in range(38))
        assert "Overdue: Late 0" in part
        assert "/admin/messages/to/occurrence/" in part
        assert "The schedule is assigned to you." in part
    assert text.index("OVERDUE (2)") < text.index("DUE (38)")
    assert deliver_due(now + timedelta(days=1)) == {"sent": 0, "put_off": 0, "failed": 0}


def test_headers(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(title="Filter\r\nBcc: someone@example.org", assigned_to=technician)
    check(organization, now)
    deliver_due(now + MINUTE)
    [(_, mail)] = smtp.received
    with tenant_scope(organization.pk):
        delivery = Delivery.objects.get()
    assert mail["Message-ID"] == delivery.message_id == f"<{delivery.pk}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = "".join(mail["List-Unsubscribe"].split()).strip("<>")
    token = link.removesuffix("/").rpartition("/")[2]
    assert unsubscribing.read(token).kinds == ("maintenance_due",)
    assert (
        mail["Subject"].strip().startswith("Due today: Filter Bcc: someone@example.org – Resource")
    )
    assert mail["Bcc"] is None


def test_a_recipient_that_is_refused_holds_up_nobody(
    organization: Organization,
    technician: User,
    owner: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
) -> None:
    gone = factories.user(organization, name="Gone")
    smtp.refused = {technician.email: "450 Try later", gone.email: "550 No such mailbox"}
    for person in (technician, gone, owner):
        due_work(assigned_to=person)
    run = check(organization, now)
    assert deliver_due(now + MINUTE) == {"sent": 1, "put_off": 1, "failed": 1}
    assert [to for to, _ in smtp.received] == [owner.email]
    relay_all(now + MINUTE)
    with tenant_scope(organization.pk):
        failed = Delivery.objects.failed().get()
        assert (failed.recipient, failed.last_error) == (gone, "550 No such mailbox")
        figures = DueCheckRun.objects.get(pk=run.pk)
        assert (figures.sent, figures.failed) == (3, 1)
        put_off = Delivery.objects.get(recipient=technician)
        assert (put_off.state, put_off.attempts) == ("pending", 1)


def test_three_retries_then_failed_and_visible_then_by_hand(
    organization: Organization,
    technician: User,
    admin: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
) -> None:
    smtp.refused = {technician.email: "450 Try later"}
    due_work(assigned_to=technician)
    check(organization, now)
    moment, waits = now + MINUTE, []
    for _ in range(3):
        assert deliver_due(moment)["put_off"] == 1
        with tenant_scope(organization.pk):
            row = Delivery.objects.get()
        waits.append((row.available_at - moment) / MINUTE)
        assert deliver_due(row.available_at - timedelta(seconds=1)) == {
            "sent": 0,
            "put_off": 0,
            "failed": 0,
        }
        moment = row.available_at
    for wait, expected in zip(waits, (1, 4, 16), strict=True):
        assert expected * 0.75 <= wait <= expected * 1.25
    assert deliver_due(moment)["failed"] == 1
    with tenant_scope(organization.pk):
        row = Delivery.objects.get()
        assert (row.state, row.attempts, row.last_error) == ("failed", 4, "450 Try later")
        assert row.failed_at == moment
        smtp.refused = {}
        assert deliveries.retry(row, by=admin, now=moment)
        assert not deliveries.retry(row, by=admin, now=moment)
    assert deliver_due(moment)["sent"] == 1
    assert smtp.received[0][1]["Message-ID"] == row.message_id


def test_waits_grow_and_end() -> None:
    assert [wait_after(n, spread=0.5) for n in range(1, 5)] == [
        MINUTE,
        4 * MINUTE,
        16 * MINUTE,
        None,
    ]


def test_a_worker_that_dies_after_sending_repeats_the_same_message_id(
    organization: Organization,
    technician: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> bool:
        raise Killed

    due_work(assigned_to=technician)
    check(organization, now)
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "_record", die)
        with pytest.raises(Killed):
            deliver_due(now + MINUTE)
    assert deliver_due(now + 2 * MINUTE)["sent"] == 0  # the lease still holds
    assert deliver_due(now + MINUTE + LEASE)["sent"] == 1
    first, second = (mail["Message-ID"] for _, mail in smtp.received)
    assert first == second


def test_a_worker_whose_lease_ran_out_records_nothing(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(assigned_to=technician)
    check(organization, now)
    late = now + MINUTE + LEASE
    with tenant_scope(organization.pk):
        ids = Delivery.objects.claim(now=now + MINUTE, lease=LEASE, limit=10)
        assert len(ids) == 1
    assert deliver_due(late)["sent"] == 1
    with tenant_scope(organization.pk):
        held = Delivery.objects.held(ids[0], lease_until=late)
        assert held.update(last_error="too late") == 0
        assert Delivery.objects.get().state == "sent"


def test_a_channel_that_is_down_is_asked_once_and_the_rest_waits_untried(
    organization: Organization,
    technician: User,
    owner: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
    settings: Any,
) -> None:
    settings.EMAIL_PORT = free_port()
    for person in (technician, owner):
        due_work(assigned_to=person)
    check(organization, now)
    assert deliver_due(now + MINUTE) == {"sent": 0, "put_off": 1, "failed": 0}
    with tenant_scope(organization.pk):
        assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 1]
        assert "ConnectionRefusedError" in Delivery.objects.get(attempts=1).last_error
    settings.EMAIL_PORT = smtp.port
    assert deliver_due(now + 4 * MINUTE)["sent"] == 2


def test_a_slow_server_ends_the_round(
    organization: Organization,
    technician: User,
    owner: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
) -> None:
    for person in (technician, owner):
        due_work(assigned_to=person)
    check(organization, now)
    seconds = iter([0.0, 1.0, 21.0])
    assert deliver_due(now + MINUTE, clock=lambda: next(seconds))["sent"] == 1
    assert deliver_due(now + MINUTE)["sent"] == 1


def test_an_error_of_our_own_stays_with_its_delivery(
    organization: Organization,
    technician: User,
    owner: User,
    due_work: Work,
    now: datetime,
    smtp: Sink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for person in (technician, owner):
        due_work(assigned_to=person)
    check(organization, now)
    render = letters.render

    def broken(row: Delivery) -> Any:
        if row.recipient_id == technician.pk:
            raise ZeroDivisionError("oh")
        return render(row)

    monkeypatch.setattr(letters, "render", broken)
    assert deliver_due(now + MINUTE) == {"sent": 1, "put_off": 1, "failed": 0}
    with tenant_scope(organization.pk):
        row = Delivery.objects.get(recipient=technician)
        assert row.last_error == "ZeroDivisionError: oh"


def test_what_comes_after_the_digest_left_opens_a_new_one(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(title="First", assigned_to=technician)
    check(organization, now)
    due_work(title="Second", assigned_to=technician)
    check(organization, now + timedelta(seconds=30))
    deliver_due(now + MINUTE)
    due_work(title="Third", assigned_to=technician)
    check(organization, now + MINUTE)
    deliver_due(now + 2 * MINUTE)
    texts = [body(mail, "plain") for _, mail in smtp.received]
    contained = [[word for word in ("First", "Second", "Third") if word in text] for text in texts]
    assert contained == [["First", "Second"], ["Third"]]


def test_whoever_left_meanwhile_gets_no_mail(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        technician.is_active = False
        technician.save()
    assert deliver_due(now + MINUTE)["failed"] == 1
    assert smtp.received == []


def test_each_organisation_gets_its_own(
    organization: Organization, stranger: Organization, now: datetime, smtp: Sink
) -> None:
    for tenant in (organization, stranger):
        person = factories.user(tenant, role=Role.TECHNICIAN)
        with tenant_scope(tenant.pk):
            factories.schedule(
                now=now - timedelta(days=30),
                title=f"For {tenant.slug}",
                start_at=now,
                assigned_to=person,
            )
            OutboxEvent.objects.all().delete()
        check(tenant, now)
    assert deliver_due(now + MINUTE)["sent"] == 2
    for _, mail in smtp.received:
        text = body(mail, "plain")
        assert text.count("For ") == 1
    with tenant_scope(stranger.pk):
        assert Notification.objects.count() == 1


def test_a_letter_leaves_at_once_with_its_own_text(
    organization: Organization, technician: User, now: datetime, smtp: Sink
) -> None:
    with tenant_scope(organization.pk):
        User.objects.filter(pk=technician.pk).update(name="Tina <b>Wolf</b>")
    passwords.request_reset(technician.email, now=now)
    relay_all(now)
    assert deliver_due(now)["sent"] == 1
    [(to, mail)] = smtp.received
    assert (to, mail["Subject"]) == (technician.email, "Choose a new password")
    assert mail["List-Unsubscribe"] is None
    assert "Hello Tina <b>Wolf</b>," in body(mail, "plain")
    html = body(mail, "html")
    assert "<b>Wolf</b>" not in html
    link = re.search(r"http://localhost:8000/admin/password-reset/\S+", body(mail, "plain"))
    assert link
    assert f'href="{link[0]}"' in html
    with tenant_scope(organization.pk):
        everything = [*OutboxEvent.objects.values(), *Delivery.objects.values()]
    assert len(everything) == 2
    assert "password-reset" not in str(everything)


def test_a_link_never_goes_to_an_address_that_was_given_up(
    organization: Organization, technician: User, now: datetime, smtp: Sink
) -> None:
    passwords.request_reset(technician.email, now=now)
    relay_all(now)
    with tenant_scope(organization.pk):
        User.objects.filter(pk=technician.pk).update(email="new@example.org")
    assert deliver_due(now) == {"sent": 0, "put_off": 0, "failed": 1}
    assert smtp.received == []
