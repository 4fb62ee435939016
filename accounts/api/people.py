"""`teams`, `skills`, `shifts` and what belongs to them."""

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import people_serializers as shapes
from accounts.models import (
    Certificate,
    PersonSkill,
    Shift,
    ShiftException,
    Skill,
    Team,
    User,
)
from accounts.rights import Right, has_right
from accounts.services import certificates, rosters, teams
from accounts.zones import home_zone_name
from core.api.filters import MomentRangeFilter, RelatedFilter, TenantFilterSet
from core.api.viewsets import CrudViewSet
from core.errors import Invalid

_RIGHTS: dict[str, Right] = {
    **dict.fromkeys(("list", "retrieve"), Right.STAFF_VIEW),
    **dict.fromkeys(("create", "update", "partial_update", "destroy"), Right.STAFF_MANAGE),
}
_LONGEST_ROSTER = timedelta(days=93)
_BY_NAME: dict[str, str] = {"name": "name", "created_at": "created_at"}


class TeamViewSet(CrudViewSet):
    """People who share work, and perhaps shifts. Whoever plans nobody sees their own teams."""

    model = Team
    rights = _RIGHTS
    serializer_class = shapes.TeamRead
    input_serializer_class = shapes.TeamInput
    ordering_fields = _BY_NAME
    ordering = "name"
    filterset_fields: ClassVar[Any] = ["name", "lead", "is_active"]
    search_fields: ClassVar[Any] = ["name"]

    def get_queryset(self) -> Any:
        return super().get_queryset().prefetch_related("memberships")

    def create_row(self, values: dict[str, Any]) -> Team:
        members = values.pop("members", ())
        team = teams.create_team(Team(**values), members, by=self.by, now=timezone.now())
        return self._again(team)

    def update_row(self, row: Team, values: dict[str, Any]) -> Team:
        members = values.pop("members", None)
        teams.change_team(row, values, members, by=self.by, now=timezone.now())
        return self._again(row)

    def _again(self, team: Team) -> Team:
        """With the members as they are now."""
        found: Team = self.get_queryset().get(pk=team.pk)
        return found


class SkillViewSet(CrudViewSet):
    """What people can do."""

    model = Skill
    rights = _RIGHTS
    serializer_class = shapes.SkillRead
    input_serializer_class = shapes.SkillInput
    ordering_fields = _BY_NAME
    ordering = "name"
    filterset_fields: ClassVar[Any] = ["name", "needs_certificate"]
    search_fields: ClassVar[Any] = ["name", "description"]


class PersonSkillViewSet(CrudViewSet):
    """Who can do what. Whoever plans nobody sees their own."""

    model = PersonSkill
    rights = _RIGHTS
    serializer_class = shapes.PersonSkillRead
    input_serializer_class = shapes.PersonSkillInput
    filterset_fields: ClassVar[Any] = ["user", "skill"]


class CertificateViewSet(CrudViewSet):
    """Proofs of skills. Adding one gives its person the skill."""

    model = Certificate
    rights = _RIGHTS
    serializer_class = shapes.CertificateRead
    input_serializer_class = shapes.CertificateInput
    ordering_fields: ClassVar[Any] = {"issued_on": "issued_on", "created_at": "created_at"}
    filterset_fields: ClassVar[Any] = ["user", "skill", "number"]
    search_fields: ClassVar[Any] = ["number", "issuer"]

    def create_row(self, values: dict[str, Any]) -> Certificate:
        made = Certificate(**values)
        return certificates.add_certificate(made, by=self.by, now=timezone.now())

    def update_row(self, row: Certificate, values: dict[str, Any]) -> Certificate:
        return certificates.change_certificate(row, values, by=self.by, now=timezone.now())


class ShiftViewSet(CrudViewSet):
    """Weekly patterns on the organisation's clock. A person's own take the place of their teams'."""

    model = Shift
    rights: ClassVar[Any] = {**_RIGHTS, "roster": Right.STAFF_VIEW}
    serializer_class = shapes.ShiftRead
    input_serializer_class = shapes.ShiftInput
    ordering_fields = _BY_NAME
    ordering = "name"
    filterset_fields: ClassVar[Any] = ["user", "team", "name"]
    search_fields: ClassVar[Any] = ["name"]

    @extend_schema(
        parameters=[shapes.RosterInput],
        filters=False,
        responses={"200": {"type": "array", "items": {"type": "object"}}},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def roster(self, request: Request) -> Response:
        """When people are at work from `start` to `end`, by all patterns, absences and extra shifts.

        For each person: `user`, and `shifts` with `starts_at`, `ends_at` and the minutes for work.
        """
        asked = shapes.RosterInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        start, end = asked.validated_data["start"], asked.validated_data["end"]
        if not timedelta() < end - start <= _LONGEST_ROSTER:
            raise Invalid("The end must be after the start, 93 days at most.", field="end")
        people = User.objects.workers().order_by("name", "pk")
        if not has_right(self.by, Right.STAFF_MANAGE):
            people = people.filter(pk=self.by.pk)
        keys = list(people.values_list("pk", flat=True))
        zone = home_zone_name(self.by)
        found = rosters.rosters(keys, start=start, end=end, zone=zone)
        return Response([{"user": key, "shifts": _times(found[key])} for key in keys])


class ShiftExceptionFilter(TenantFilterSet):
    """`starts_at_after`, `starts_at_before`."""

    user = RelatedFilter()
    starts_at = MomentRangeFilter()

    class Meta:
        model = ShiftException
        fields: ClassVar[Any] = ["kind"]


class ShiftExceptionViewSet(CrudViewSet):
    """Absences and extra shifts."""

    model = ShiftException
    rights = _RIGHTS
    serializer_class = shapes.ShiftExceptionRead
    input_serializer_class = shapes.ShiftExceptionInput
    ordering_fields: ClassVar[Any] = {"starts_at": "starts_at", "created_at": "created_at"}
    ordering = "-starts_at"
    filterset_class = ShiftExceptionFilter


def _times(roster: rosters.Roster) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "day": one.day,
            "starts_at": one.start,
            "ends_at": one.end,
            "minutes": one.capacity,
        }
        for one in roster.stretches
    ]
