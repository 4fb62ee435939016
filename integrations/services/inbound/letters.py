"""Messages from the buses: whose they are, and where those end that nobody can make sense of."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from accounts.models import Organization
from accounts.rights import Right, require
from core import tracing
from core.errors import Conflict, Invalid
from core.tenancy import tenant_scope
from integrations import states
from integrations.models import DeadLetter
from integrations.rules import incoming
from integrations.services.inbound import receiving
from integrations.services.inbound.receiving import Taken

if TYPE_CHECKING:
    from accounts.models import User

#: Of a message that is kept.
_MOST_KEPT = 64 * 1024
_HEADER = 500
_MOST_HEADERS = 30
_OWNER = "organization"
#: Where messages in binary mode carry the attributes of a CloudEvent.
_PREFIXES = ("ce-", "ce_", "cloudevents:", "cloudevents_")
logger = logging.getLogger(__name__)


def take_message(
    body: bytes, headers: Mapping[str, str], *, via: str, now: datetime
) -> Taken | None:
    """Take an event from a message; None when it is none, and kept as a dead letter.

    Raises only when the database does not answer: then the message stays where it came from.
    """
    try:
        return _take(body, headers, via=via, now=now)
    except Invalid as error:
        problem = receiving.in_words(error)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("A message could not be taken.")
        problem = receiving.in_words(error)
    _bury(body, headers, problem, via=via, now=now)
    return None


def _take(body: bytes, headers: Mapping[str, str], *, via: str, now: datetime) -> Taken:
    document = incoming.with_headers(headers, incoming.from_bytes(body), prefixes=_PREFIXES)
    came = incoming.read(document, organization=headers.get(_OWNER, ""))
    if receiving.is_own(came):
        return Taken(states.IGNORED)
    if not came.correlation_id:
        known_by = headers.get("correlation_id") or tracing.trace_of(headers.get("traceparent"))
        came = replace(came, correlation_id=known_by)
    owner = _named(came.organization) if came.organization else _usual()
    if owner is None:
        said = f"There is no organisation “{came.organization}”."
        raise Invalid(said if came.organization else "It names no organisation.")
    with tenant_scope(owner):
        return receiving.take(came, via=via, by=None, now=now)


def _bury(
    body: bytes,
    headers: Mapping[str, str],
    problem: str,
    *,
    via: str,
    now: datetime,
) -> None:
    """It is of the organisation that its header names, where there is one; else it is the operator's."""
    kept = list(headers.items())[:_MOST_HEADERS]
    DeadLetter.objects.create(
        organization_id=_named(headers.get(_OWNER, "")),
        via=via,
        secret_raw=body[:_MOST_KEPT].decode("latin-1"),
        size=len(body),
        headers={
            name.replace("\0", "")[:_HEADER]: value.replace("\0", "")[:_HEADER]
            for name, value in kept
        },
        problem=problem[:1_000],
        received_at=now,
    )


def _named(slug: str) -> UUID | None:
    if not slug:
        return None
    found: UUID | None = Organization.objects.filter(slug=slug).values_list("pk", flat=True).first()
    return found


def _usual() -> UUID | None:
    """Whose an event is that names nobody: the one of the settings, else the only one there is."""
    if settings.EVENTS_ORGANIZATION:
        return _named(settings.EVENTS_ORGANIZATION)
    found = list(Organization.objects.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def retry(letter: DeadLetter, *, by: "User", now: datetime) -> Taken:
    """Read it once more, for instance after the organisation was made. Raises `Conflict` while it is no event still."""
    require(by, Right.EVENT_SEND)
    if not letter.is_whole:
        raise Conflict("Not all of it was kept. Ask the sender to send it again.", code="cut")
    try:
        taken = _take(letter.raw, letter.headers, via=letter.via, now=now)
    except Invalid as error:
        said = receiving.in_words(error)
        raise Conflict(f"It cannot be read still. {said}", code="unreadable") from error
    settle(letter, by=by, now=now)
    return taken


@transaction.atomic
def settle(letter: DeadLetter, *, by: "User", now: datetime) -> None:
    """Say that it is dealt with. Raises `Conflict` when it was before."""
    require(by, Right.EVENT_SEND)
    open_ = DeadLetter.objects.unsettled().filter(pk=letter.pk).order_by()
    if not open_.update(settled_at=now, settled_by=by):
        raise Conflict("It is settled already.", code="over")


def clean_up(now: datetime) -> int:
    """Remove settled ones that came long ago; returns how many."""
    return DeadLetter.objects.before(now - receiving.KEEP).delete()[0]
