"""Recurring windows: made ahead one by one, so that each date is guarded like a single window."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core.errors import Conflict, Invalid
from core.services import records
from scheduling import states
from scheduling.models import Resource, Window, WindowSeries
from scheduling.rules import recurrence as rules
from scheduling.rules import zones
from scheduling.rules.due import key_of, local_of
from scheduling.rules.moved_series import moved
from scheduling.rules.recurrence import InvalidRecurrence, Recurrence
from scheduling.rules.words import in_words as rule_in_words
from scheduling.services import approvals, conflicts, discretion, windows

if TYPE_CHECKING:
    from accounts.models import User

#: How far ahead dates become windows, and how many of a series at a time.
HORIZON = timedelta(days=400)
MOST = 500
_SHARED = (
    *("title", "description", "kind", "effect", "setup_minutes", "cleanup_minutes"),
    *("override_reason", "assigned_to_id", "resource_id", "status"),
)


class Scope(StrEnum):
    """Which windows of a series an edit means."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


@transaction.atomic
def create_series(
    template: Window,
    rrule: str,
    *,
    by: "User | None",
    now: datetime,
    leaves_out: bool = False,
    is_back_dated: bool = False,
) -> list[Window]:
    """Windows like `template` on every date of the rule up to the horizon, from the template's own time on.

    Local start and end keep their wall time over changes of the clocks. All or nothing: raises `Conflict` with what
    any date collides with, unless the colliding dates are to be left out; `Invalid` for a start in the past that is
    not meant.
    """
    if not is_back_dated:
        approvals.check_start(template, now)
    series = WindowSeries(
        resource=template.resource,
        rrule=rrule,
        start_at=template.starts_at,
        duration_minutes=_wall_minutes(template),
        generated_to=now + HORIZON,
    )
    _validate(series)
    conflicts.lock(template.resource)
    conflicts.check_in_service(template.resource)
    records.create(series, by=by, now=now)
    return _make(series, template, series.start_at, by=by, now=now, leaves_out=leaves_out)


@transaction.atomic
def prolong(series: WindowSeries, *, now: datetime) -> list[Window]:
    """Make the windows that have come within the horizon; dates that collide are left out."""
    conflicts.lock(series.resource)
    series = WindowSeries.objects.select_for_update(of=("self",), no_key=True).get(pk=series.pk)
    last = series.windows.order_by("series_key").last()
    if series.ended_at is not None or last is None or series.generated_to >= now + HORIZON:
        return []
    if series.resource.status == Resource.Status.RETIRED:
        return []
    start = series.generated_to
    records.update(series, {"generated_to": now + HORIZON}, by=None, now=now)
    template = series.windows.filter(is_apart=False).order_by("starts_at").last()
    if template is not None:
        start = template.starts_at + timedelta(seconds=1)
    return _make(series, template or last, start, by=None, now=now, leaves_out=True)


@transaction.atomic
def change_series(
    window: Window,
    changes: Mapping[str, Any],
    scope: Scope,
    *,
    by: "User | None",
    now: datetime,
    is_back_dated: bool = False,
) -> list[Window]:
    """Change one window, this and the following ones, or all that are still to come.

    A new start or end moves each by the same local wall time. All or nothing. Windows that were changed one by one
    keep their own times; those that have begun or are over stay as they are. Raises `Invalid` where no rule has the
    moved dates.
    """
    series = window.series
    if scope == Scope.ONE or series is None:
        changed = windows.update_window(
            window, changes, by=by, now=now, is_back_dated=is_back_dated
        )
        if series is not None:
            records.update(changed, {"is_apart": True}, by=by, now=now)
        return [changed]
    conflicts.lock(window.resource, changes.get("resource", window.resource))
    rows = list(_coming(window, scope))
    times = {name: changes[name] for name in ("starts_at", "ends_at") if name in changes}
    zone = window.resource.effective_time_zone
    shifts = {
        name: zones.to_local(moment, zone) - zones.to_local(getattr(window, name), zone)
        for name, moment in times.items()
    }
    first = zones.to_local(window.starts_at, zone)
    if window.is_apart:
        first = local_of(window.series_key)
    rows.sort(key=lambda row: row.starts_at, reverse=any(s > timedelta() for s in shifts.values()))
    own = {name: value for name, value in changes.items() if name not in times}
    result = [
        windows.update_window(row, own | _moved(row, series, shifts, zone), by=by, now=now)
        for row in rows
    ]
    _follow(window, scope, first, shifts, by=by, now=now)
    return sorted(result, key=lambda row: row.starts_at)


def _moved(
    row: Window, series: WindowSeries, shifts: Mapping[str, timedelta], zone: str
) -> dict[str, datetime]:
    """The new start and end of a window of a series, as far as they move."""
    if not shifts:
        return {}
    start, end = (
        at + shifts.get(name, timedelta())
        for name, at in zip(("starts_at", "ends_at"), _on_the_wall(row, series, zone), strict=True)
    )
    low, high = zones.stretch(start, end, zone)
    is_pushed = high != zones.to_utc(end, zone)
    times = {"starts_at": low, "ends_at": high}
    return {name: at for name, at in times.items() if name in shifts or is_pushed}


def _on_the_wall(row: Window, series: WindowSeries, zone: str) -> tuple[datetime, datetime]:
    """Local start and end as the series means them, also on the day when the clocks jumped over them."""
    start, end = (zones.to_local(at, zone) for at in (row.starts_at, row.ends_at))
    meant = datetime.combine(start.date(), zones.to_local(series.start_at, zone).time())
    meant_end = meant + timedelta(minutes=series.duration_minutes)
    if zones.stretch(meant, meant_end, zone) == (row.starts_at, row.ends_at):
        return meant, meant_end
    return start, end


@transaction.atomic
def cancel_series(
    window: Window, scope: Scope, *, reason: str, by: "User | None", now: datetime
) -> list[Window]:
    """Call off one window, this and the following ones, or all that are still to come."""
    if scope == Scope.ONE or window.series_id is None:
        return [windows.cancel_window(window, reason=reason, by=by, now=now)]
    conflicts.lock(window.resource)
    rows = list(_coming(window, scope, apart=True))
    if window.series is not None:
        records.update(window.series, {"ended_at": now}, by=by, now=now)
    return [windows.cancel_window(row, reason=reason, by=by, now=now) for row in rows]


@transaction.atomic
def approve_series(window: Window, scope: Scope, *, by: "User", now: datetime) -> list[Window]:
    """Schedule one draft, this and the following ones, or all that are still to come. All or nothing."""
    if scope == Scope.ONE or window.series_id is None:
        return [windows.approve_window(window, by=by, now=now)]
    conflicts.lock(window.resource)
    drafts = [row for row in _coming(window, scope, apart=True) if row.status == states.DRAFT]
    return [windows.approve_window(row, by=by, now=now) for row in drafts]


def in_words(series: WindowSeries) -> str:
    """The rule of a recurring window."""
    return rule_in_words(_recurrence(series))


def _make(
    series: WindowSeries,
    template: Window,
    start: datetime,
    *,
    by: "User | None",
    now: datetime,
    leaves_out: bool,
) -> list[Window]:
    wanted = list(islice(_windows(series, template, start), MOST))
    for window in wanted:
        windows.shape(window)
    colliding = conflicts.against_windows(template.resource, wanted)
    hard = [one for found in colliding for one in found if one.is_hard]
    if hard and template.kind != Window.Kind.EMERGENCY and not leaves_out:
        raise discretion.refusal([*{(one.type, one.id): one for one in hard}.values()], by)
    free = [
        window
        for window, found in zip(wanted, colliding, strict=True)
        if not (leaves_out and any(one.is_hard for one in found))
    ]
    if not free and not leaves_out:
        raise Invalid("The rule gives no date within the next year.", field="rrule")
    return [windows.create_window(window, by=by, now=now, is_back_dated=True) for window in free]


def _windows(series: WindowSeries, template: Window, start: datetime) -> Iterator[Window]:
    """The series' windows from `start` up to where it is generated, not saved."""
    zone = template.resource.effective_time_zone
    known = set(series.windows.values_list("series_key", flat=True))
    for local in rules.after(_recurrence(series), zones.to_local(start, zone), inclusive=True):
        end = local + timedelta(minutes=series.duration_minutes)
        starts_at, ends_at = zones.stretch(local, end, zone)
        if starts_at > series.generated_to:
            return
        if key_of(local) in known:
            continue
        yield Window(
            **{name: getattr(template, name) for name in _SHARED if name != "status"},
            status=template.status if template.status == states.DRAFT else states.SCHEDULED,
            starts_at=starts_at,
            ends_at=ends_at,
            series=series,
            series_key=key_of(local),
        )


def _recurrence(series: WindowSeries) -> Recurrence:
    zone = series.resource.effective_time_zone
    return Recurrence(start=zones.to_local(series.start_at, zone), rrule=series.rrule)


def _validate(series: WindowSeries) -> None:
    try:
        rules.validate(_recurrence(series))
    except InvalidRecurrence as error:
        raise Invalid(errors={"rrule": [error.message]}) from error


def _coming(window: Window, scope: Scope, *, apart: bool = False) -> Sequence[Window]:
    """The windows an edit reaches: not begun, of this series, from this one on unless all are meant."""
    rows = Window.objects.filter(
        series=window.series_id, status__in=[states.DRAFT, states.SCHEDULED]
    ).select_related("resource")
    if scope == Scope.FOLLOWING:
        rows = rows.filter(series_key__gte=window.series_key)
    if not apart:
        rows = rows.filter(is_apart=False)
    found = list(rows)
    if not found:
        raise Conflict("No window of the series is still to come.", code="over")
    return found


def _follow(
    window: Window,
    scope: Scope,
    first: datetime,
    shifts: Mapping[str, timedelta],
    *,
    by: "User | None",
    now: datetime,
) -> None:
    """Let the series itself go on as its windows do now."""
    series = WindowSeries.objects.select_related("resource").get(pk=window.series_id)
    zone = series.resource.effective_time_zone
    changed = Window.objects.select_related("resource").get(pk=window.pk)
    changes: dict[str, Any] = {"duration_minutes": _wall_minutes(changed)}
    if shift := shifts.get("starts_at"):
        anchor = zones.to_local(series.start_at, zone) if scope == Scope.ALL else first
        following = moved(_recurrence(series), anchor, shift)
        if following is None:
            raise Invalid(
                f"This window repeats {rule_in_words(_recurrence(series))}; no such rule gives all its dates moved "
                "like this. Move only this window, or cancel the following ones and plan them anew.",
                field="starts_at",
            )
        changes |= {
            "start_at": zones.to_utc(following.start, zone),
            "rrule": following.rrule,
        }
    if changed.resource_id != series.resource_id:
        changes["resource"] = changed.resource
    records.update(series, changes, by=by, now=now)


def _wall_minutes(window: Window) -> int:
    """From local start to local end by the clock on the wall."""
    zone = window.resource.effective_time_zone
    length = zones.to_local(window.ends_at, zone) - zones.to_local(window.starts_at, zone)
    return length // timedelta(minutes=1)
