"""Named queries over work orders and what belongs to them."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db.models import Count, DateTimeField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.rights import RIGHTS, Right, Role
from core.querysets import TenantQuerySet
from scheduling.querysets.upkeep import below_entrusted
from worklogs import states
from worklogs.querysets.finding import OrderFinding, Word
from worklogs.rules import search

if TYPE_CHECKING:
    from accounts.models import User

#: So many resources of a name are looked up by their ids, which an index answers; more are found soon row by row.
_FEW_PLACES = 1_000
#: So many orders that are found by their stops are asked for by their ids.
_FEW_ORDERS = 2_000


def seen_by(user: "User", order: str = "") -> Q | None:
    """Which orders a person sees; none: all. `order` leads to the order, such as `work_order__`.

    Venue admins: their subtrees, and what they reported; requesters: what they reported or what concerns what they
    own.
    """
    role = Role(user.role)
    if role not in {Role.VENUE_ADMIN, Role.REQUESTER}:
        return None
    own = Q(**{f"{order}reported_by": user})
    if role == Role.REQUESTER:
        return own | Q(**{f"{order}resource__owner": user})
    return own | below_entrusted(user, f"{order}resource__path")


def _places_among(keys: list[UUID]) -> Q:
    return Q(resource__id__among=keys)


class WorkOrderQuerySet(TenantQuerySet[Any]):
    """Work orders of the organisation in scope."""

    def visible_to(self, user: "User") -> "WorkOrderQuerySet":
        """Maintenance staff: all; see `seen_by` for the others."""
        condition = seen_by(user)
        return self.all() if condition is None else self.filter(condition)

    def changeable_by(self, user: "User") -> "WorkOrderQuerySet":
        """What the person may plan: a venue admin only the entrusted subtrees, also of what they reported."""
        if Role(user.role) == Role.VENUE_ADMIN:
            return self.filter(below_entrusted(user, "resource__path"))
        return self.visible_to(user)

    def open(self) -> "WorkOrderQuerySet":
        """Not done yet and still to be done."""
        return self.filter(status__in=states.OPEN)

    def ended(self) -> "WorkOrderQuerySet":
        """Done, or not to be done."""
        return self.exclude(status__in=states.OPEN)

    def worth_doing(self) -> "WorkOrderQuerySet":
        """Done or still to be done; neither given up nor refused."""
        return self.filter(status__in=(*states.OPEN, states.COMPLETED, states.VERIFIED))

    def open_at(self, moment: datetime) -> "WorkOrderQuerySet":
        """Reported by then, and neither done nor given up before."""
        begun = self.filter(reported_at__lte=moment)
        not_done = Q(completed_at=None) | Q(completed_at__gt=moment)
        return begun.filter(not_done, Q(closed_at=None) | Q(closed_at__gt=moment))

    def open_after(self, moment: datetime) -> "WorkOrderQuerySet":
        """Neither done nor given up by then."""
        ended_later = Q(completed_at__gt=moment) | Q(closed_at__gt=moment)
        return self.filter(Q(status__in=states.OPEN) | ended_later)

    def settling(self, moment: datetime) -> Any:
        """What takes care of what was noticed then: the newest open one, else one that ended later; or None."""
        found = list(self.open_after(moment).select_related("resource").order_by("-created_at"))
        return min(found, key=lambda one: one.status not in states.OPEN, default=None)

    def waiting(self) -> "WorkOrderQuerySet":
        """Nobody has begun."""
        return self.filter(status__in=states.WAITING)

    def at(self, place: UUID) -> "WorkOrderQuerySet":
        """On the resource, or on a route that comes there."""
        return self.filter(self._or_of(self._stops().filter(resource=place), Q(resource=place)))

    def subtree(self, path: str) -> "WorkOrderQuerySet":
        """On the resource at `path` or below it, or on a route that comes there."""
        stops = self._stops().filter(resource__path__within=path)
        if not stops.exists():
            return self.filter(resource__path__within=path)
        return self.filter(self._or_of(stops, self._below(path)))

    def _below(self, path: str) -> Q:
        """By ids where they are few: beside another condition the joined path would have all orders read."""
        places = self._places().subtree(path).values_list("pk", flat=True)
        keys = list(places[: _FEW_PLACES + 1])
        return Q(resource__path__within=path) if len(keys) > _FEW_PLACES else _places_among(keys)

    def _or_of(self, stops: Any, found: Q) -> Q:
        """`found`, or an order with one of these stops; looked up first, by whatever index they have.

        Where they are many, each order is asked for its own: a page of them is full soon.
        """
        keys = list(stops.order_by().values_list("work_order", flat=True)[: _FEW_ORDERS + 1])
        if len(keys) > _FEW_ORDERS:
            own = stops.order_by().filter(work_order=OuterRef("pk")).values("work_order")
            return found | Q(pk=Subquery(own[:1]))
        return found | Q(pk__among=set(keys)) if keys else found

    def _stops(self) -> Any:
        return self.model._meta.get_field("stops").related_model.objects.all()

    def _places(self) -> Any:
        return self.model._meta.get_field("resource").related_model.objects.all()

    def tasks(self) -> "WorkOrderQuerySet":
        """Housekeeping."""
        return self.exclude(task_type="")

    def reports(self) -> "WorkOrderQuerySet":
        """What people asked for, as against what plans and housekeeping brought."""
        return self.filter(occurrence=None, task_type="")

    def matching(self, text: str) -> "WorkOrderQuerySet":
        """See `finding`."""
        return self.finding(text).rows  # type: ignore[return-value]

    def finding(self, text: str) -> OrderFinding:
        """“#12” is a number; else each word stands in title, description, note or comment, is the number, or names a
        resource where it is done.
        """
        if (number := search.number_in(text)) is not None:
            return OrderFinding(self.filter(number=number), self, ())
        words = tuple(Word(word, self._named(word)) for word in search.words_in(text))
        rows = self.all()
        for word in words:
            rows = rows.filter(word.told | word.named)
        return OrderFinding(rows, self, words)

    def _named(self, word: str) -> Q:
        """Orders of this number, on a resource of this name, or on a route that comes there; empty without any."""
        number = search.as_number(word)
        found = Q() if number is None else Q(number=number)
        places = self._places().named_like(word)
        keys = list(places.values_list("pk", flat=True)[: _FEW_PLACES + 1])
        if len(keys) > _FEW_PLACES:
            found |= Q(resource__name__icontains=word) | Q(resource__code__icontains=word)
            return self._or_of(self._stops().filter(resource__in=places), found)
        if not keys:
            return found
        stops = self._stops().filter(resource__id__among=keys)
        return self._or_of(stops, found | _places_among(keys))

    def followed_by(self, user: "User") -> "WorkOrderQuerySet":
        """What the person reported, or said “me too” to."""
        return self.filter(pk__in=self._followers().filter(user=user).values("work_order"))

    def _followers(self) -> Any:
        return self.model._meta.get_field("followers").related_model.objects

    def pending(self) -> "WorkOrderQuerySet":
        """Scheduled, and nobody assigned."""
        return self.filter(status=states.SCHEDULED, assigned_to=None)

    def for_teams_of(self, user: "User") -> "WorkOrderQuerySet":
        """Given to a team that the person is in."""
        return self.filter(team__is_active=True, team__memberships__user=user)

    def takeable_by(self, user: "User") -> "WorkOrderQuerySet":
        """Waits for somebody of the person's teams."""
        return self.pending().changeable_by(user).for_teams_of(user)

    def overdue(self, *, now: datetime) -> "WorkOrderQuerySet":
        """Open past the end of their tolerance."""
        return self.open().filter(overdue_at__lte=now)

    def not_overdue(self, *, now: datetime) -> "WorkOrderQuerySet":
        """The others."""
        return self.exclude(status__in=states.OPEN, overdue_at__lte=now, overdue_at__isnull=False)

    def due_within(self, start: datetime, end: datetime) -> "WorkOrderQuerySet":
        """Open and due from `start` to before `end`."""
        return self.open().filter(due_at__gte=start, due_at__lt=end)

    def delayed(self, *, now: datetime) -> "WorkOrderQuerySet":
        """A person said so, or not begun or ended when planned, or not answered in time."""
        begun_late = Q(status__in=states.WAITING, scheduled_start_at__lte=now)
        unanswered = Q(responded_at=None, response_due_at__lte=now)
        late = Q(delayed_at__isnull=False) | begun_late | unanswered
        return self.open().filter(late | Q(scheduled_end_at__lte=now))

    def not_delayed(self, *, now: datetime) -> "WorkOrderQuerySet":
        """The others."""
        return self.exclude(pk__in=self.model.objects.delayed(now=now).values("pk"))

    def to_judge_again(self, *, now: datetime) -> "WorkOrderQuerySet":
        """Whose priority the clock has changed."""
        return self.open().filter(priority_holds_until__lte=now).order_by("priority_holds_until")

    def promised(self) -> "WorkOrderQuerySet":
        """To which a policy or an agreed deadline applies."""
        return self.filter(Q(sla_policy__isnull=False) | Q(deadline_at__isnull=False))

    def to_look_at(self, *, now: datetime) -> "WorkOrderQuerySet":
        """Whose clocks have something to tell."""
        return self.filter(sla_look_at__lte=now)

    def hold(self, keys: Collection[UUID]) -> dict[UUID, Any]:
        """These orders as they stand, locked until the transaction ends, in the order in which everybody takes them."""
        rows = self.filter(pk__in=keys).order_by("pk")
        return {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}

    def give_pending(self, keys: list[UUID], person: "User", *, now: datetime) -> int:
        """Assign those that still wait for somebody; returns how many."""
        return (
            self.pending()
            .filter(pk__among=keys)
            .update(
                status=states.ASSIGNED,
                assigned_to=person,
                assigned_at=now,
                responded_at=Coalesce("responded_at", Value(now, DateTimeField())),
                step=F("step") + 1,
                updated_at=now,
            )
        )

    def with_stops_counted(self) -> "WorkOrderQuerySet":
        """With `further`, how many more resources than its own each order goes to."""
        rows: WorkOrderQuerySet = self.annotate(further=Count("stops"))
        return rows

    def shown(self) -> "WorkOrderQuerySet":
        """With everything that a row shows."""
        return self.select_related("resource", "schedule", "assigned_to", "reported_by")


class OfOrderQuerySet(TenantQuerySet[Any]):
    """What belongs to an order and is seen by whoever sees it."""

    def visible_to(self, user: "User") -> Self:
        """As the order."""
        condition = seen_by(user, "work_order__")
        return self.all() if condition is None else self.filter(condition)


class FollowerQuerySet(OfOrderQuerySet):
    """Who reported or follows an order."""

    def reporters(self) -> "FollowerQuerySet":
        """Who told it first."""
        return self.filter(is_reporter=True)


class LinkQuerySet(OfOrderQuerySet):
    """How orders hang together."""

    def touching(self, order: Any) -> "LinkQuerySet":
        """From the order or to it."""
        return self.filter(Q(work_order=order) | Q(other=order))


class LaborEntryQuerySet(OfOrderQuerySet):
    """Time that people spent."""

    def running(self) -> "LaborEntryQuerySet":
        """Begun and not ended."""
        return self.filter(ended_at=None)


class HomePlaceQuerySet(TenantQuerySet[Any]):
    """Where people usually work."""

    def visible_to(self, user: "User") -> "HomePlaceQuerySet":
        """One's own; everybody's to those who plan people."""
        is_planner = Right.STAFF_MANAGE in RIGHTS[Role(user.role)]
        return self.all() if is_planner else self.filter(user=user)
