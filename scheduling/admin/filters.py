"""Filters of the console's lists; each costs at most one small query, however large the table."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from scheduling.models import Resource, ResourceType
from scheduling.rules import zones

_MOST_CHOICES = 100
#: Of thousands at the top of the tree only so many are asked whether something stands below them.
_MOST_LOOKED_AT = 500
_SOON = 7


def is_id(text: object) -> bool:
    """Whether a value from the address can be the id of a row."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


class StateFilter(SimpleListFilter):
    """What a schedule needs; deleted ones show only when asked for."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("overdue", "Overdue"),
            ("soon", "Due within 7 days"),
            ("active", "Active"),
            ("paused", "Paused"),
            ("deleted", "Deleted"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        if self.value() == "deleted":
            return queryset.deleted()
        kept = queryset.kept()
        match self.value():
            case "overdue":
                return kept.overdue(now=now)
            case "soon":
                zone = request.user.organization.time_zone  # type: ignore[union-attr]
                end = zones.start_of_day(
                    zones.local_date(now, zone) + timedelta(days=_SOON + 1), zone
                )
                return kept.filter(next_due_at__lt=end).filter(
                    Q(overdue_at=None) | Q(overdue_at__gt=now)
                )
            case "active":
                return kept.filter(is_active=True)
            case "paused":
                return kept.filter(is_active=False)
        return kept


class PersonFilter(SimpleListFilter):
    """By one person, oneself or nobody; subclasses name the column."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.active().order_by("name").values_list("pk", "name")
        others = [(str(pk), name) for pk, name in people[:_MOST_CHOICES] if pk != request.user.pk]
        return [("me", "Me"), ("nobody", "Nobody"), *others]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == "me":
            return queryset.filter(**{self.field: request.user})
        if value == "nobody":
            return queryset.filter(**{self.field: None})
        return queryset.filter(**{self.field: value}) if is_id(value) else queryset


class AssigneeFilter(PersonFilter):
    title, parameter_name, field = "assigned to", "assignee", "assigned_to"


class OwnerFilter(PersonFilter):
    title, parameter_name, field = "owner", "owner", "owner"


class TypeFilter(SimpleListFilter):
    """By resource type, of the resource or of a type-wide schedule."""

    title, parameter_name = "resource type", "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ResourceType.objects.order_by("name").values_list("pk", "name")[:_MOST_CHOICES]
        return [(str(pk), name) for pk, name in kinds]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not is_id(self.value()):
            return queryset
        if queryset.model is Resource:
            return queryset.filter(type=self.value())
        return queryset.filter(Q(resource_type=self.value()) | Q(resource__type=self.value()))


class BelowFilter(SimpleListFilter):
    """A venue or plant with everything below it: the resources at the top of the tree."""

    title, parameter_name = "below", "below"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        reached: Any = Resource.objects.visible_to(request.user)  # type: ignore[arg-type]
        below = Resource.objects.filter(parent=OuterRef("pk")).order_by().values("pk")[:1]
        tops = reached.filter(parent=None).order_by("name").values_list("pk", "name")
        # asked one by one: as a condition PostgreSQL would read all resources for it
        found = tops.annotate(inside=Subquery(below))[:_MOST_LOOKED_AT]
        having = [(str(pk), name) for pk, name, inside in found if inside]
        choices = having[:_MOST_CHOICES]
        chosen = self.used_parameters.get(self.parameter_name)
        if (
            is_id(chosen)
            and chosen not in dict(choices)
            and (top := _resource(request, str(chosen)))
        ):
            choices.append((str(top.pk), top.name))
        return choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not is_id(self.value()):
            return queryset
        top = _resource(request, str(self.value()))
        return queryset.subtree(top.path) if top else queryset.none()


def _resource(request: HttpRequest, text: str) -> Resource | None:
    reached = Resource.objects.visible_to(request.user)  # type: ignore[arg-type]
    found: Resource | None = reached.filter(pk=text).first()
    return found
