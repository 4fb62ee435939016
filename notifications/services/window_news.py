"""What happens to maintenance windows, told to those who work there, are responsible there, or planned it (A7)."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from core.rules.moments import away
from notifications.models import Kind, Notification
from notifications.rules import window_words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell
from scheduling import states
from scheduling.models import Resource, Window
from scheduling.rules.window_words import period
from scheduling.services import window_series
from scheduling.services.conflicts import Taking, booked_counts

_KINDS = {
    "scheduled": Kind.WINDOW_SCHEDULED,
    "assigned": Kind.WINDOW_SCHEDULED,
    "changed": Kind.WINDOW_CHANGED,
    "cancelled": Kind.WINDOW_CHANGED,
    "started": Kind.WINDOW_WORK,
    "completed": Kind.WINDOW_WORK,
    "coming": Kind.WINDOW_REMINDER,
    "still_open": Kind.WINDOW_REMINDER,
}
#: What is about the time to come: a window that is entered afterwards tells nobody of it.
_AHEAD = ("scheduled", "changed", "assigned")
#: What is not told any more once the window has left these states: a later event tells what became of it.
_STILL = {
    **dict.fromkeys(_AHEAD, states.BLOCKING),
    "coming": frozenset({states.SCHEDULED}),
    **dict.fromkeys(("started", "still_open"), frozenset({states.IN_PROGRESS})),
}


def load(window_id: UUID) -> Window | None:
    """The window with its place; None when it was deleted."""
    rows = Window.objects.filter(pk=window_id).select_related("resource", "series")
    window: Window | None = rows.first()
    return window


def is_news(what: str, window: Window, *, now: datetime) -> bool:
    """Whether it is still true that the window is scheduled, coming, under way."""
    if what in _AHEAD and window.ends_at <= now:
        return False
    return what not in _STILL or window.status in _STILL[what]


def subject_of(what: str, window: Window, *, now: datetime) -> tuple[UUID, bool]:
    """What a message is about: the window, or its series when all of it is meant; and whether it is the series.

    Making a series, moving it and calling it off happen to each of its windows, but are one fact.
    """
    series = window.series
    if series is None or what not in {"scheduled", "changed", "cancelled"}:
        return window.pk, False
    if what == "cancelled" and series.ended_at != now:
        return window.pk, False
    if what == "changed" and window.is_apart:
        return window.pk, False
    return series.pk, True


def tell_people(what: str, window: Window, *, by_id: UUID | None, now: datetime) -> int:
    """Tell each person once; whoever did it knows. Returns how many messages are new."""
    audience = {pk: why for pk, why in _audience(what, window) if pk is not None and pk != by_id}
    people = recipients.load(audience.keys(), organization_id=window.organization_id)
    if not people:
        return 0
    subject, is_series = subject_of(what, window, now=now)
    told = _told(window, is_series=is_series, now=now)
    kind = _KINDS[what]
    facts = [
        Fact(
            recipient=pk,
            kind=kind.value,
            key=f"window_{what}:{subject}{_stamp(what, window, is_series, now)}",
            title=window_words.title(what, told),
            message=window_words.message(what, told),
            why=audience[pk],
            priority=_priority(what, window),
            object_type="window",
            object_id=window.pk,
            action_url=links.to("window", window.pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)


def _stamp(what: str, window: Window, is_series: bool, now: datetime) -> str:
    """What may happen again is told again: a change, a start that moved, an end that passed once more."""
    if what == "coming":
        return f":{window.starts_at:%Y%m%dT%H%M}"
    if what == "still_open":
        return f":{window.ends_at:%Y%m%dT%H%M}"
    if what == "assigned":
        return f":{now:%Y%m%dT%H%M%S.%f}"
    if what == "scheduled" or not is_series:
        return f":{window.sequence}" if what == "changed" else ""
    return f":{now:%Y%m%dT%H%M%S.%f}"


def _audience(what: str, window: Window) -> Iterator[tuple[UUID | None, str]]:
    """Who is told, and why; the strongest reason comes last, for it replaces the others."""
    resource = window.resource
    author = (window.created_by_id, "You planned it.")
    owner = _owner(resource)
    assignee = (window.assigned_to_id, "It is assigned to you.")
    if what == "still_open":
        ranked = [one for one in (assignee, owner, author) if one[0] is not None]
        yield from ranked[:1]
        return
    if what == "assigned":
        yield assignee
        return
    yield author
    below = Resource.objects.subtree(resource.path).exclude(owner=None).order_by()
    for pk in below.values_list("owner", flat=True).distinct():
        yield pk, f"You are responsible for a part of {resource.name}."
    yield owner
    yield assignee


def _owner(resource: Resource) -> tuple[UUID | None, str]:
    """Who is responsible: the owner, else the nearest above."""
    if resource.owner_id is not None:
        return resource.owner_id, f"You are responsible for {resource.name}."
    above = [UUID(hex=part) for part in resource.path.rstrip("/").split("/")[:-1]]
    owned = Resource.objects.filter(pk__in=above).exclude(owner=None).order_by("-path")
    nearest = owned.values_list("owner", "name").first()
    return (nearest[0], f"You are responsible for {nearest[1]}.") if nearest else (None, "")


def _priority(what: str, window: Window) -> str:
    is_urgent = window.kind == Window.Kind.EMERGENCY and what in {"scheduled", "changed"}
    priority = Notification.Priority
    return (priority.URGENT if is_urgent else priority.NORMAL).value


def _told(window: Window, *, is_series: bool, now: datetime) -> window_words.Told:
    zone = window.resource.effective_time_zone
    return window_words.Told(
        title=window.title,
        place=str(window.resource),
        period=period(window.starts_at, window.ends_at, zone),
        is_emergency=window.kind == Window.Kind.EMERGENCY,
        is_usable=window.effect == Window.Effect.OUT_OF_SERVICE,
        bookings=bookings_met(window),
        reason=window.cancel_reason or window.override_reason.rstrip("."),
        rule=window_series.in_words(window.series) if is_series and window.series else "",
        when=away(window.starts_at, now=now, zone=zone),
    )


def bookings_met(window: Window) -> int:
    """How many bookings the window affects, counted in the database."""
    taking = Taking(
        window.pk, window.resource.path, window.effect, window.blocked_from, window.blocked_to
    )
    return booked_counts([taking])[window.pk]
