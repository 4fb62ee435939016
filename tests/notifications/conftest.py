"""An organisation with work that comes due, and a mail server that takes what is sent."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import transaction

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from notifications.models import BrowserSubscription, Delivery, Kind, Notification, Reaching
from notifications.services import browsers, recipients
from notifications.services.telling import Fact, tell
from scheduling.models import Resource
from scheduling.services import due_check
from tests import factories
from tests.events import relay_all
from tests.notifications.receivers import Browser, Receiver, receiver

GUEST = "guest.grey@example.org"


@dataclass
class Sink:
    """A mail server. `refused` maps addresses to the code and text they are refused with.

    `interrupt` is called for each mail and answers whether it is taken.
    """

    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    interrupt: Callable[[], bool] | None = None
    port: int = 0

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        if self.interrupt is not None and not self.interrupt():
            return "451 Lost"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received += [(address, message) for address in envelope.rcpt_tos]
        return "250 Taken"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    """A real SMTP server in this process, which Django's mail goes to."""
    sink = Sink()
    sink.port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 5
    try:
        yield sink
    finally:
        controller.stop()


@pytest.fixture
def technician(organization: Organization) -> User:
    """Whoever the work is assigned to."""
    return factories.user(organization, role=Role.TECHNICIAN, name="Tina Wolf")


@pytest.fixture
def owner(organization: Organization) -> User:
    """Whoever the resources belong to."""
    return factories.user(organization, role=Role.VENUE_ADMIN, name="Otto Berg")


def check(organization: Organization, now: datetime) -> Any:
    """Run the due check and everything that follows from it; returns the run with its figures."""
    with tenant_scope(organization.pk):
        run = due_check.check_now(organization=organization, by=None, now=now)
    relay_all(now)
    with tenant_scope(organization.pk):
        run.refresh_from_db()
    return run


def states(organization: Organization) -> dict[str, tuple[str, str]]:
    """State and error of each channel's delivery."""
    with tenant_scope(organization.pk):
        return {row.channel: (row.state, row.last_error) for row in Delivery.objects.all()}


@pytest.fixture
def due_work(organization: Organization, now: datetime) -> Callable[..., Any]:
    """Makes monthly schedules, each on a resource of its own, due `days` from now plus two hours."""

    def make(days: int = 0, **values: Any) -> Any:
        owner = values.pop("owner", None)
        with tenant_scope(organization.pk):
            resource = factories.resource(now=now, owner=owner, **values.pop("resource", {}))
            schedule = factories.schedule(
                now=now - timedelta(days=30),
                resource=resource,
                start_at=now + timedelta(days=days, hours=2),
                **values,
            )
            # whoever is assigned has heard of it
            OutboxEvent.objects.filter(name="scheduling.schedule.created").delete()
            return schedule

    return make


@pytest.fixture
def room(organization: Organization, owner: User) -> Resource:
    """A room of Otto's."""
    with tenant_scope(organization.pk):
        return factories.resource(code="12", name="Room 12", owner=owner)


@pytest.fixture
def start(now: datetime) -> datetime:
    """Ten days ahead, at eight in the morning UTC."""
    return (now + timedelta(days=10)).replace(hour=8, minute=0)


@pytest.fixture
def option(organization: Organization, room: Resource, start: datetime) -> Any:
    """Somebody's option of the room, from the day before the window to the day after."""
    with tenant_scope(organization.pk):
        return factories.booking(
            start - timedelta(days=1),
            start + timedelta(days=1),
            resource=room,
            status="tentative",
            reference="B-77",
            contact_name="Greta Grey",
            contact_email=GUEST,
        )


@pytest.fixture
def far_side(settings: Any) -> Iterator[Receiver]:
    """A web server in this process, to which messages may go."""
    settings.CHANNELS_PRIVATE = True
    with receiver() as kept:
        yield kept


@pytest.fixture
def premium(organization: Organization, settings: Any, far_side: Receiver) -> Organization:
    """The organisation with SMS, which the far side takes."""
    organization.plan = Organization.Plan.PREMIUM
    organization.save()
    settings.SMS_URL = f"json://{far_side.host}/sms/{{phone}}"
    return organization


Reach = Callable[..., None]
Tell = Callable[..., Notification]


@pytest.fixture
def reach(organization: Organization, now: datetime) -> Reach:
    """Stores how a person is reached, past the checks of what people enter."""

    def store(user: User, **values: Any) -> None:
        with tenant_scope(organization.pk):
            if phone := values.pop("phone", ""):
                User.objects.filter(pk=user.pk).update(phone=phone)
            Reaching.objects.update_or_create(user=user, defaults=values)

    return store


@pytest.fixture
def tell_one(organization: Organization, now: datetime) -> Tell:
    """Tells a person one fact; returns the message."""

    def told(user: User, key: str = "safety_report:1", **values: Any) -> Notification:
        moment = values.pop("at", now)
        fact = Fact(
            **{
                "recipient": user.pk,
                "kind": Kind.SAFETY_REPORT.value,
                "key": key,
                "title": "Gas smell in room 12",
                "message": "Reported by a guest.",
                "why": "You coordinate the work.",
                "priority": "urgent",
                **values,
            }
        )
        with tenant_scope(organization.pk), transaction.atomic():
            people = recipients.load([user.pk], organization_id=organization.pk)
            tell([fact], people, now=moment)
            message: Notification = Notification.objects.get(recipient=user, fact_key=fact.key)
        return message

    return told


@pytest.fixture
def browser(technician: User, far_side: Receiver, now: datetime) -> Browser:
    """A browser of the technician's, whose push service is the far side."""
    made = Browser(f"http://{far_side.host}/push/1")
    subscribe(technician, made, now)
    return made


def subscribe(user: User, made: Browser, now: datetime) -> BrowserSubscription:
    return browsers.subscribe(
        user,
        endpoint=made.endpoint,
        public_key=made.public_key,
        secret=made.secret,
        label="Firefox on Linux",
        now=now,
    )
