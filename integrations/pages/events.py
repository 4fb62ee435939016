"""Pages of events: the catalogue, what left, what came in, and what was put aside."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, has_right
from core import catalogue
from core.admin.pages import console_page, render_page
from core.catalogue import EventType, Schema
from core.errors import DomainError
from core.models import OutboxEvent
from core.tenancy import current_organization_id
from integrations.models import DeadLetter, InboundEvent, PublishedEvent
from integrations.pages import event_words
from integrations.pages.event_words import Clock
from integrations.rules.consumed import CONSUMED, Consumed
from integrations.rules.envelopes import live_name, redis_channel
from integrations.services import publication
from integrations.services.inbound import effects, letters, receiving

_PAGE = 50
_MOST_ASIDE = 100
_RAW = 2_000


@require_safe
@console_page(Right.EVENT_VIEW)
def event_catalogue(request: HttpRequest) -> HttpResponse:
    """Every event that leaves or is understood: what it says, its fields, an example, and how to get it."""
    asked = request.GET.get("q", "").strip()
    return render_page(
        request,
        "integrations/event_catalogue.html",
        title="Events",
        asked=asked,
        sent=[_sent(one) for one in _found(catalogue.all_types(), asked)],
        taken=[_type(one) for one in _found(CONSUMED.values(), asked)],
        exchange=settings.RABBITMQ_EXCHANGE,
        stream=settings.EVENTS_STREAM,
        has_bus=bool(settings.RABBITMQ_URL),
        has_redis=bool(settings.REDIS_URL),
    )


def _found(types: Iterable[Any], asked: str) -> list[Any]:
    """Those in whose name or sentence every word stands."""
    words = asked.lower().split()
    return [
        one for one in types if all(word in f"{one.name} {one.summary}".lower() for word in words)
    ]


def _type(one: EventType | Consumed) -> dict[str, Any]:
    needed = set(one.data.get("required", ()))
    return {
        "name": one.name,
        "summary": one.summary,
        "example": event_words.as_text(one.example),
        "fields": [
            {"name": name, "kind": _kind(field), "is_needed": name in needed}
            for name, field in one.data["properties"].items()
        ],
    }


def _sent(one: EventType) -> dict[str, Any]:
    live = live_name(one.name)
    return {**_type(one), "version": one.version, "live": live, "channel": redis_channel(one.name)}


def _kind(field: Schema) -> str:
    """What a field holds, in words."""
    if "enum" in field:
        return " or ".join(str(value) for value in field["enum"])
    kinds = field["type"]
    found: list[str] = kinds if isinstance(kinds, list) else [kinds]
    form = {"date-time": "time", "uuid": "id"}.get(field.get("format", ""), "text")
    words: dict[str, str] = {"string": form, "integer": "whole number", "boolean": "true or false"}
    words |= {"null": "nothing", "array": "list"}
    return " or ".join(words.get(name, name) for name in found)


@require_safe
@console_page(Right.EVENT_VIEW)
def events_left(request: HttpRequest) -> HttpResponse:
    """What was published lately, newest first, of one type or about one thing where that is asked."""
    user: Any = request.user
    wanted, subject = request.GET.get("type", ""), request.GET.get("subject", "")
    rows = PublishedEvent.objects.visible_to(user).order_by("-position")
    if wanted:
        rows = rows.filter(type=wanted)
    if subject:
        rows = rows.filter(subject=subject)
    page, found = _paged(request, rows)
    clock = Clock(request)
    return render_page(
        request,
        "integrations/events_left.html",
        title="What left",
        rows=[event_words.published_row(row, clock) for row in found],
        page=page,
        types=[one.name for one in catalogue.all_types()],
        wanted=wanted,
        subject=subject,
        outlets=event_words.outlets(request, clock),
    )


def _paged(request: HttpRequest, rows: Any) -> tuple[dict[str, Any], list[Any]]:
    """A page of rows, and the addresses of its neighbours."""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = max(number, 1)
    start = (number - 1) * _PAGE
    found = list(rows[start : start + _PAGE + 1])

    def address(other: int) -> str:
        query = request.GET.copy()
        query["page"] = str(other)
        return f"?{query.urlencode()}"

    newer = address(number - 1) if number > 1 else ""
    older = address(number + 1) if len(found) > _PAGE else ""
    return {"number": number, "newer": newer, "older": older}, found[:_PAGE]


@require_safe
@console_page(Right.EVENT_VIEW)
def incoming_events(request: HttpRequest) -> HttpResponse:
    """What other systems told, newest first."""
    user: Any = request.user
    state = request.GET.get("state", "")
    rows = InboundEvent.objects.visible_to(user).newest_first()
    if state in InboundEvent.State.values:
        rows = rows.filter(state=state)
    page, found = _paged(request, rows)
    clock = Clock(request)
    return render_page(
        request,
        "integrations/incoming_events.html",
        title="Incoming events",
        rows=[event_words.incoming_row(row, clock) for row in found],
        page=page,
        states=InboundEvent.State.choices,
        chosen=state,
        has_any=bool(found) or InboundEvent.objects.exists(),
    )


@require_safe
@console_page(Right.EVENT_VIEW)
def incoming_event(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event: what it says, what became of it, and what can be done."""
    event = _event(request, pk)
    user: Any = request.user
    return render_page(
        request,
        "integrations/incoming_event.html",
        title=f"{event.type}",
        row=event_words.incoming_row(event, Clock(request)),
        effect=event_words.effect_of(event),
        data=event_words.as_text(event.data),
        may_decide=has_right(user, Right.EVENT_SEND),
        may_plan=event.problem.startswith(effects.NO_PLAN) and has_right(user, Right.SCHEDULE_ADD),
    )


def _event(request: HttpRequest, pk: UUID) -> InboundEvent:
    user: Any = request.user
    rows = InboundEvent.objects.visible_to(user).select_related("sent_by")
    found: InboundEvent | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_POST
@console_page(Right.EVENT_SEND)
def incoming_event_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try it again now."""
    event, user = _event(request, pk), request.user

    def act() -> str:
        done = receiving.retry(event, by=user, now=timezone.now())  # type: ignore[arg-type]
        return "" if done.problem else "Applied."

    return _done(request, act, "admin:incoming_event", pk)


@require_POST
@console_page(Right.EVENT_SEND)
def incoming_event_ignore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Leave it alone for good."""
    event, user = _event(request, pk), request.user

    def act() -> str:
        receiving.ignore(event, by=user, now=timezone.now())  # type: ignore[arg-type]
        return "It is left alone."

    return _done(request, act, "admin:incoming_event", pk)


def _done(
    request: HttpRequest, act: Callable[[], str], page: str, *arguments: object
) -> HttpResponse:
    """Back to the page, with what was done or why not; the page itself tells what went wrong with an event."""
    try:
        if said := act():
            messages.success(request, said)
        else:
            messages.warning(request, "It did not work this time either.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(page, *arguments)


@require_safe
@console_page(Right.EVENT_VIEW)
def events_aside(request: HttpRequest) -> HttpResponse:
    """What nobody could make sense of, what could not be told, and what failed."""
    user: Any = request.user
    clock = Clock(request)
    waiting = _letters(request).unsettled()
    untold = OutboxEvent.objects.untold().order_by("-pk")
    failed = InboundEvent.objects.visible_to(user).filter(state=InboundEvent.State.FAILED)
    return render_page(
        request,
        "integrations/events_aside.html",
        title="Put aside",
        letters=[_letter(row, clock) for row in waiting[:_MOST_ASIDE]],
        untold=[
            {"name": row.name, "at": clock.at(row.occurred_at), "problem": row.publication_error}
            for row in untold[:_MOST_ASIDE]
        ],
        failed=[
            event_words.incoming_row(row, clock) for row in failed.newest_first()[:_MOST_ASIDE]
        ],
        outlets=event_words.outlets(request, clock),
        may_decide=has_right(user, Right.EVENT_SEND),
    )


def _letters(request: HttpRequest) -> Any:
    user: Any = request.user
    return DeadLetter.objects.visible_to(user, organization_id=current_organization_id())


def _letter(row: DeadLetter, clock: Clock) -> dict[str, Any]:
    text = row.raw[:_RAW].decode(errors="replace")
    return {
        "letter": row,
        "came": clock.at(row.received_at),
        "text": text,
        "is_cut": row.size > _RAW,
    }


@require_POST
@console_page(Right.EVENT_SEND)
def dead_letter_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read it once more."""
    return _decide(request, pk, letters.retry, "It was understood, and taken in.")


@require_POST
@console_page(Right.EVENT_SEND)
def dead_letter_settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is dealt with."""
    return _decide(request, pk, letters.settle, "It is settled.")


def _decide(request: HttpRequest, pk: UUID, use_case: Any, said: str) -> HttpResponse:
    row = _letters(request).filter(pk=pk).first()
    if row is None:
        raise Http404

    def act() -> str:
        use_case(row, by=request.user, now=timezone.now())
        return said

    return _done(request, act, "admin:events_aside")


@require_POST
@console_page(Right.EVENT_SEND)
def events_untold_retry(request: HttpRequest) -> HttpResponse:
    """Try to tell what could not be told."""

    def act() -> str:
        count = publication.retry_untold()
        return f"{count} event{'s' * (count != 1)} will be told within seconds."

    return _done(request, act, "admin:events_aside")
