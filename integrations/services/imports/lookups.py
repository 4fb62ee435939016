"""What the texts of a file refer to: people, resources, types and schedules, loaded once."""

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.models import Organization, User
from core.errors import Invalid
from core.tenancy import TenantScopeMissing, current_organization_id
from integrations.rules.columns import normal
from scheduling.models import Resource, ResourceType, Schedule


class Lookups:
    """The organisation's rows by what foreign systems call them; `add_*` keeps them up to date during an import."""

    @cached_property
    def organization(self) -> Organization:
        pk = current_organization_id()
        if pk is None:
            raise TenantScopeMissing("An import needs its organisation.")
        return Organization.objects.get(pk=pk)

    @cached_property
    def _people(self) -> dict[str, list[User]]:
        found: dict[str, list[User]] = defaultdict(list)
        for user in User.objects.all():
            for key in {user.email, normal(user.name), user.external_id} - {""}:
                found[key].append(user)
        return found

    def person(self, text: str, field: str) -> User:
        """By e-mail address, external id or name. Raises `Invalid`."""
        for key in (text.lower(), text, normal(text)):
            if len(people := self._people.get(key, [])) == 1:
                return people[0]
        several = "more than one person is" if self._people.get(normal(text)) else "nobody is"
        raise Invalid(f"{several} called “{text}”.".capitalize(), field=field)

    @cached_property
    def _resources(self) -> dict[str, dict[str, list[Resource]]]:
        found: dict[str, dict[str, list[Resource]]] = {
            "code": defaultdict(list),
            "external_id": defaultdict(list),
            "name": defaultdict(list),
        }
        for resource in Resource.objects.select_related("type", "parent"):
            for key, rows in found.items():
                rows[getattr(resource, key)].append(resource)
        return found

    def add_resource(self, resource: Resource) -> None:
        """Make a new or renamed resource known."""
        for key, rows in self._resources.items():
            known = rows[getattr(resource, key)]
            if resource not in known:
                known.append(resource)

    def by_key(self, key: str, value: str) -> Resource | None:
        """The resource with this code or external id."""
        rows = self._resources[key].get(value) if value else None
        return rows[0] if rows else None

    def find_resource(self, text: str) -> Resource | None:
        """By code, external id or a name that only one has."""
        for key in ("code", "external_id", "name"):
            rows = self._resources[key].get(text, [])
            if len(rows) == 1:
                return rows[0]
        return None

    def resource(self, text: str, field: str) -> Resource:
        """The same. Raises `Invalid`."""
        found = self.find_resource(text)
        if found is None:
            several = len(self._resources["name"].get(text, [])) > 1
            sentence = (
                f"More than one resource is called “{text}”; write its code."
                if several
                else f"There is no resource “{text}”."
            )
            raise Invalid(sentence, field=field)
        return found

    @cached_property
    def _types(self) -> dict[str, ResourceType]:
        found: dict[str, ResourceType] = {}
        for row in ResourceType.objects.all():
            found[normal(row.name)] = row
            found[normal(row.code)] = row
        return found

    def find_type(self, text: str) -> ResourceType | None:
        """By code or name."""
        return self._types.get(normal(text))

    def add_type(self, row: ResourceType) -> None:
        """Make a new type known."""
        self._types[normal(row.name)] = self._types[normal(row.code)] = row

    @cached_property
    def _schedules(self) -> dict[str, list[Schedule]]:
        found: dict[str, list[Schedule]] = defaultdict(list)
        kept = Schedule.objects.kept().select_related(
            "resource", "resource_type", "organization", "assigned_to"
        )
        for schedule in kept:
            self._note_schedule(found, schedule)
        return found

    @staticmethod
    def _note_schedule(found: dict[str, list[Schedule]], schedule: Schedule) -> None:
        for key in {schedule.external_id, schedule.title} - {""}:
            found[key].append(schedule)

    def add_schedule(self, schedule: Schedule) -> None:
        """Make a new schedule known."""
        self._note_schedule(self._schedules, schedule)

    def schedules(self, text: str) -> list[Schedule]:
        """All with this external id or title."""
        return self._schedules.get(text, [])

    def schedule_on(self, text: str, resource: Resource) -> Schedule:
        """The one of them that is for the resource or its type. Raises `Invalid`."""
        found = [
            row
            for row in self.schedules(text)
            if row.resource_id == resource.pk
            or (row.resource_type_id is not None and row.resource_type_id == resource.type_id)
        ]
        if len(found) != 1:
            which = "more than one schedule" if found else "no schedule"
            raise Invalid(f"There is {which} “{text}” on {resource}.", field="schedule")
        return found[0]


Triple = tuple[UUID | None, UUID, datetime]


def differing(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The values that the row does not have yet."""
    return {name: value for name, value in values.items() if getattr(row, name) != value}
