"""Windows that are made, changed and called off, and the mails that leave."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from accounts.models import Organization
from core.tenancy import tenant_scope
from notifications.services.deliveries import deliver_due
from scheduling.models import Resource, Window
from tests.events import relay_all
from tests.libical import complaints
from tests.notifications.conftest import Sink


def text(mail: EmailMessage) -> str:
    """What a mail says."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def entry(mail: EmailMessage) -> tuple[str, Any]:
    """Method and the one event of the attached calendar, as other programs read it."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    content = part.get_content()
    assert complaints(content.encode()) == []
    calendar = Calendar.from_ical(content)
    assert part.get_param("method") == str(calendar["METHOD"])
    assert part.get_filename() == "maintenance.ics"
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def act(organization: Organization, call: Callable[[], Any], now: datetime) -> Any:
    """Do something and let everything that follows from it happen."""
    with tenant_scope(organization.pk):
        result = call()
    relay_all(now)
    return result


def sent(smtp: Sink, now: datetime) -> dict[str, EmailMessage]:
    """What leaves by `now`, by address."""
    smtp.received.clear()
    deliver_due(now)
    return dict(smtp.received)


def paint(room: Resource, start: datetime, **values: Any) -> Window:
    """A window of four hours to paint the room, not stored yet."""
    made = {
        "title": "Paint",
        "resource": room,
        "starts_at": start,
        "ends_at": start + timedelta(hours=4),
    }
    return Window(**{**made, **values})
