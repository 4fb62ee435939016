"""The console: bell, messages, preferences, deliveries, kept mails, and stopping mail from within a mail."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import Channel, Delivery, Kind, Notification
from notifications.services import inbox, preferences, unsubscribing
from notifications.services.deliveries import deliver_due
from scheduling.models import Occurrence
from scheduling.services import occurrences
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import Sink, check

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]
MESSAGES = "/admin/messages/"


@pytest.fixture
def told(organization: Organization, technician: User, due_work: Work, now: datetime) -> list[str]:
    """Ids of three messages to the technician: overdue, due today, due tomorrow."""
    for days in (0, 1, -9):
        due_work(days, title=f"Work {days}", assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        return [str(pk) for pk in Notification.objects.order_by("-pk").values_list("pk", flat=True)]


def browser(user: User) -> Client:
    made = Client()
    with tenant_scope(user.organization_id):
        made.force_login(user)
    return made


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_bell_counts_what_is_unread(technician: User, owner: User, told: list[str]) -> None:
    assert '<span class="bell-count">3</span>' in text(browser(technician).get(f"{MESSAGES}bell/"))
    assert "bell-count" not in text(browser(owner).get(f"{MESSAGES}bell/"))
    rows = text(browser(technician).get(f"{MESSAGES}bell/?list"))
    assert "Overdue: Work -9" in rows
    assert "Nothing new" in text(browser(owner).get(f"{MESSAGES}bell/?list"))


def test_the_count_stops_at_a_hundred(
    organization: Organization, technician: User, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        Notification.objects.bulk_create(
            Notification(
                recipient=technician, kind=Kind.SYSTEM, fact_key=f"more:{n}", expires_at=now
            )
            for n in range(120)
        )
    assert inbox.MOST_COUNTED == 99
    assert '<span class="bell-count">99+</span>' in text(
        browser(technician).get(f"{MESSAGES}bell/")
    )


def test_unread_come_first_and_by_day(technician: User, told: list[str]) -> None:
    caller = browser(technician)
    page = text(caller.get(MESSAGES))
    assert page.index("Unread") < page.index("Overdue: Work -9")
    assert "Wed 4 Mar 2026" in page
    assert "Log completion" in page
    caller.post(f"{MESSAGES}{told[0]}/follow/", {"stay": "1", "next": MESSAGES})
    page = text(caller.get(MESSAGES))
    parts = page.index("Due tomorrow: Work 1"), page.index(">Read<"), page.index("Overdue: Work -9")
    assert parts == tuple(sorted(parts))


def test_an_empty_list_says_what_comes(owner: User) -> None:
    assert "No notifications yet" in text(browser(owner).get(MESSAGES))


def test_acting_reads_the_message_and_leads_to_the_form(
    organization: Organization, technician: User, told: list[str]
) -> None:
    caller = browser(technician)
    with tenant_scope(organization.pk):
        message = Notification.objects.get(pk=told[0])
        row = Occurrence.objects.get(pk=str(message.object_id))
    answer = caller.post(f"{MESSAGES}{told[0]}/follow/")
    assert answer.headers["Location"] == message.action_url
    answer = caller.get(message.action_url)
    assert answer.headers["Location"].startswith("/admin/logs/complete/?")
    assert str(row.schedule_id) in answer.headers["Location"]
    assert caller.get(answer.headers["Location"]).status_code == 200
    with tenant_scope(organization.pk):
        assert Notification.objects.get(pk=told[0]).read_at is not None
        occurrences.complete(
            schedule_id=row.schedule_id,
            resource_id=row.resource_id,
            performed_at=row.due_at,
            by=technician,
            now=row.due_at,
        )
    answer = caller.get(message.action_url)
    assert answer.headers["Location"].endswith(f"/{row.schedule_id}/")


def test_marking_never_leads_to_another_site(technician: User, told: list[str]) -> None:
    answer = browser(technician).post(
        f"{MESSAGES}{told[0]}/follow/", {"stay": "1", "next": "https://evil.example/"}
    )
    assert answer.headers["Location"] == MESSAGES


def test_reading_all(organization: Organization, technician: User, told: list[str]) -> None:
    caller = browser(technician)
    assert caller.get(f"{MESSAGES}read-all/").headers["Location"] == MESSAGES
    caller.post(f"{MESSAGES}read-all/")
    with tenant_scope(organization.pk):
        assert inbox.unread_count(technician) == 0


def test_other_peoples_messages_do_not_exist(
    owner: User, stranger: Organization, told: list[str]
) -> None:
    for other in (owner, factories.user(stranger)):
        assert browser(other).post(f"{MESSAGES}{told[0]}/follow/").status_code == 404
    with tenant_scope(owner.organization_id):
        link = Notification.objects.get(pk=told[0]).action_url
    assert browser(factories.user(stranger)).get(link).status_code == 404
    assert Client().get(MESSAGES).status_code == 302


def test_pages_take_as_many_queries_for_many_as_for_few(
    organization: Organization, technician: User, told: list[str]
) -> None:
    caller = browser(technician)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(address).status_code == 200
        return len(captured)

    before = [queries(address) for address in (MESSAGES, f"{MESSAGES}bell/")]
    with tenant_scope(organization.pk):
        Notification.objects.filter(pk__in=told[1:]).delete()
    assert [queries(address) for address in (MESSAGES, f"{MESSAGES}bell/")] == before
    assert before[1] == 3  # session, person, count


def test_older_messages_follow_page_by_page(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    for number in range(60):
        due_work(title=f"Work {number:02}", assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        inbox.read_all(technician, now=now)
    caller = browser(technician)
    first = text(caller.get(MESSAGES))
    link = re.search(r'href="(\?before=[0-9a-f-]+)"', first)
    assert link is not None
    second = text(caller.get(MESSAGES + link[1]))
    shown = (
        re.findall(r"Due today: (Work \d\d)", first),
        re.findall(r"Due today: (Work \d\d)", second),
    )
    assert [len(titles) for titles in shown] == [50, 10]
    assert len({*shown[0], *shown[1]}) == 60
    assert caller.get(f"{MESSAGES}?before=nonsense").status_code == 404


def test_preferences_are_kept(technician: User) -> None:
    caller = browser(technician)
    page = text(caller.get(f"{MESSAGES}preferences/"))
    assert page.count(">Default<") == len(Kind) * len([Channel.IN_APP, Channel.EMAIL])
    ticked = {f"{kind}:in_app": "on" for kind in Kind if kind != Kind.SYSTEM}
    caller.post(f"{MESSAGES}preferences/", ticked)
    with tenant_scope(technician.organization_id):
        on = {
            (cell.kind.value, cell.channel.value)
            for cell in preferences.matrix(technician)
            if cell.enabled and cell.channel in {Channel.IN_APP, Channel.EMAIL}
        }
    assert on == {(kind.value, "in_app") for kind in Kind if kind != Kind.SYSTEM}
    assert ">Your choice<" in text(caller.get(f"{MESSAGES}preferences/"))


def test_one_click_stops_these_mails_without_signing_in(
    organization: Organization, technician: User, told: list[str], now: datetime, smtp: Sink
) -> None:
    deliver_due(now + timedelta(minutes=1))
    [(_, mail)] = smtp.received
    link = (
        "".join(mail["List-Unsubscribe"].split()).strip("<>").removeprefix("http://localhost:8000")
    )
    reader = Client(enforce_csrf_checks=True)
    assert "Stop these mails?" in text(reader.get(link))

    def mailed() -> set[str]:
        with tenant_scope(organization.pk):
            cells = preferences.matrix(technician)
        return {c.kind.value for c in cells if c.enabled and c.channel == "email"}

    before = mailed()
    answer = reader.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert before - mailed() == {"maintenance_due", "maintenance_overdue"}
    assert reader.post(link).status_code == 200
    assert reader.get(link[:-4] + "xxx/").status_code == 404


def test_a_forged_link_stops_nothing(organization: Organization, technician: User) -> None:
    link = unsubscribing.address(
        organization_id=organization.pk,
        user_id=technician.pk,
        channel="email",
        kinds=["system"],
    )
    token = link.rstrip("/").rpartition("/")[2]
    assert Client().post(f"/admin/messages/stop/{token[:-1]}/").status_code == 404


def test_administrators_see_deliveries_and_try_failed_ones_again(
    organization: Organization,
    admin: User,
    technician: User,
    told: list[str],
    now: datetime,
    smtp: Sink,
) -> None:
    smtp.refused = {technician.email: "550 No such mailbox"}
    deliver_due(now + timedelta(minutes=1))
    caller = browser(admin)
    page = text(caller.get("/admin/notifications/delivery/"))
    assert "Tina Wolf" in page
    assert "550 No such mailbox" in page
    with tenant_scope(organization.pk):
        row = Delivery.objects.get()
    detail = text(caller.get(f"/admin/notifications/delivery/{row.pk}/change/"))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page + detail)).lower()
    for jargon in ("last error", "available at", "message id", "provider id", "correlation id"):
        assert jargon not in words
    assert "what went wrong" in words
    assert "next try" in words
    assert "550 No such mailbox" in detail
    answer = caller.post(
        "/admin/notifications/delivery/",
        {"action": "try_again", "_selected_action": [str(row.pk)]},
        follow=True,
    )
    assert "1 will be tried again" in text(answer)
    with tenant_scope(organization.pk):
        assert Delivery.objects.get().state == "pending"
    assert browser(technician).get("/admin/notifications/delivery/").status_code == 403


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Path:
    """Mails are kept as files, as in development."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_kept_mails_can_be_read(
    admin: User, technician: User, told: list[str], now: datetime, kept: Path
) -> None:
    caller = browser(admin)
    assert f'href="{MESSAGES}mailbox/"' in text(caller.get(MESSAGES))
    assert f'href="{MESSAGES}mailbox/"' not in text(browser(technician).get(MESSAGES))
    assert "No mails yet" in text(caller.get(f"{MESSAGES}mailbox/"))
    deliver_due(now + timedelta(minutes=1))
    page = text(caller.get(f"{MESSAGES}mailbox/"))
    assert "Maintenance: 1 overdue, 2 due" in page
    link = re.search(r'href="(/admin/messages/mailbox/[^"]+/)"', page)
    assert link is not None
    mail = text(caller.get(link[1]))
    assert "Overdue: Work -9" in mail
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in mail
    assert "Auto-Submitted: auto-generated" in mail
    assert caller.get(f"{MESSAGES}mailbox/..%2f..%2fetc/").status_code == 404
    assert browser(technician).get(f"{MESSAGES}mailbox/").status_code == 403


def test_kept_mails_of_other_organisations_stay_hidden(
    admin: User, stranger: Organization, kept: Path
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    unsubscribe = {"List-Unsubscribe": "<http://localhost:8000/>"}
    EmailMultiAlternatives("Secret", "text", to=[other.email], headers=unsubscribe).send()
    assert "Secret" not in text(browser(admin).get(f"{MESSAGES}mailbox/"))
    assert "Secret" in text(browser(other).get(f"{MESSAGES}mailbox/"))


def test_a_letter_with_a_personal_link_is_closed_to_colleagues(
    admin: User, technician: User, organization: Organization, kept: Path, now: datetime
) -> None:
    peer = factories.user(organization, role=Role.ADMIN)
    visitor = Client()
    for person in (peer, technician, admin):
        sent = visitor.post("/admin/password-reset/", {"email": person.email}, follow=True)
        assert "DATA_DIR/mail" in text(sent)
    relay_all(timezone.now())
    assert deliver_due(timezone.now())["sent"] == 3
    keys: dict[User, list[str]] = {}
    for reader in (admin, peer):
        page = text(browser(reader).get(f"{MESSAGES}mailbox/"))
        keys[reader] = re.findall(r'href="(/admin/messages/mailbox/[^"]+/)"', page)
        assert len(keys[reader]) == 1
        assert technician.email not in page
    assert browser(admin).get(keys[admin][0]).status_code == 200
    assert browser(admin).get(keys[peer][0]).status_code == 404


def test_where_mail_is_sent_nothing_is_kept(admin: User, smtp: Sink) -> None:
    assert browser(admin).get(f"{MESSAGES}mailbox/").status_code == 404
