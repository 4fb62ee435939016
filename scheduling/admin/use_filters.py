"""Filters of the lists of windows and bookings."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone

from accounts.zones import zone_name_of
from scheduling import states
from scheduling.admin.filters import BelowFilter
from scheduling.models import Booking
from scheduling.rules import zones

#: Double bookings are looked for this far ahead.
_AHEAD = timedelta(days=366)


class PlaceFilter(BelowFilter):
    """On a resource at the top of the tree or on anything below it."""

    title = "resource"


class _TimeFilter(SimpleListFilter):
    """What is not over, unless something else is asked for."""

    title, parameter_name = "time", "time"
    usual = "Current and coming"
    more: tuple[tuple[str, str], ...] = ()
    #: Who asks for one of these states means what is over.
    over = frozenset({states.COMPLETED, states.CANCELLED})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("today", "Today"),
            ("week", "Next 7 days"),
            ("month", "Next 30 days"),
            *self.more,
            ("past", "Past"),
            ("all", "All times"),
        ]

    def choices(self, changelist: Any) -> Any:
        """The first choice is not “All” here."""
        first, *others = super().choices(changelist)
        yield {**first, "display": self.usual}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        zone = zone_name_of(request.user)
        today = zones.local_date(now, zone)
        days = {"today": 1, "week": 7, "month": 30}.get(self.value() or "")
        if days is not None:
            low = zones.start_of_day(today, zone)
            high = zones.start_of_day(today + timedelta(days=days), zone)
            return queryset.filter(starts_at__lt=high, ends_at__gt=low)
        match self.value():
            case "past":
                return queryset.filter(ends_at__lte=now)
            case "late":
                return queryset.to_start(now=now)
            case "all":
                return queryset
        if request.GET.get("status__exact") in self.over:
            return queryset
        return self.unfinished(queryset, now)

    def unfinished(self, queryset: Any, now: Any) -> Any:
        """What is not over at `now`."""
        raise NotImplementedError


def newest_first(request: HttpRequest) -> tuple[str, ...] | None:
    """What is over is read backwards; nothing for the other times."""
    return ("-ends_at", "-pk") if request.GET.get("time") == "past" else None


class WindowTimeFilter(_TimeFilter):
    usual = "Not over yet"
    more = (("late", "Should have begun"),)

    def unfinished(self, queryset: Any, now: Any) -> Any:
        return queryset.filter(status__in=[*sorted(states.BLOCKING), states.DRAFT])


class BookingTimeFilter(_TimeFilter):
    more = (("double", "Booked twice"),)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "double":
            return super().queryset(request, queryset)
        now = timezone.now()
        double = Booking.objects.double_booked(now, now + _AHEAD)
        return queryset.filter(pk__in=double.values("pk"))

    def unfinished(self, queryset: Any, now: Any) -> Any:
        return queryset.filter(ends_at__gt=now)
