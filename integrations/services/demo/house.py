"""An organisation with its people, its types and its tree of resources."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.contrib.auth.hashers import make_password

from accounts.models import Organization, User
from accounts.rights import Role
from integrations.services.demo.people import Person
from integrations.services.demo.tables import Row, attributes
from integrations.services.demo.types import TYPES
from scheduling.models import Resource, ResourceEntrustment, ResourceType
from scheduling.services import resources

#: These states came about in the course of the year; the resource began in good order.
_BEGAN_WELL = frozenset({"degraded", "under_maintenance", "out_of_service", "retired"})


def add_people(
    people: Iterable[Person], *, domain: str, password: str, organization: Organization
) -> dict[str, User]:
    """The people by key. One hash serves all, and the password rules do not apply to a demo."""
    hashed = make_password(password)
    rows = {
        person.key: User(
            organization=organization,
            email=f"{person.key}@{domain}",
            name=person.name,
            role=person.role,
            phone=person.phone,
            is_active=person.is_active,
            password=hashed,
        )
        for person in people
    }
    User.objects.bulk_create(rows.values())
    return rows


def add_types(codes: set[str]) -> dict[str, ResourceType]:
    """The types that are used, by code."""
    made = [
        ResourceType(code=code, name=name, kind=kind, attribute_fields=fields)
        for code, name, kind, fields in TYPES
        if code in codes
    ]
    ResourceType.objects.bulk_create(made)
    return {row.code: row for row in made}


def add_resources(
    rows: Iterable[Row], people: dict[str, User], *, by: User, now: datetime
) -> dict[str, Resource]:
    """The tree, by code; parents stand before their children in the table."""
    rows = list(rows)
    types = add_types({row["type"] for row in rows})
    found: dict[str, Resource] = {}
    for row in rows:
        status = "operational" if row["status"] in _BEGAN_WELL else row["status"]
        resource = Resource(
            code=row["code"],
            name=row["name"],
            type=types.get(row["type"]),
            parent=found.get(row["parent"]),
            owner=people.get(row["owner"]),
            criticality=row["criticality"],
            status=status,
            attributes=attributes(row["attributes"]),
            description=row["description"],
            time_zone=row["time_zone"],
        )
        found[row["code"]] = resources.create_resource(resource, by=by, now=now)
    return found


def entrust(
    entrusted: Mapping[str, tuple[str, ...]], people: dict[str, User], found: dict[str, Resource]
) -> None:
    """Give venue managers their subtrees."""
    ResourceEntrustment.objects.bulk_create(
        ResourceEntrustment(user=people[key], resource=found[code])
        for key, codes in entrusted.items()
        for code in codes
    )


def administrator(people: dict[str, User]) -> User:
    """Who set everything up."""
    return next(person for person in people.values() if person.role == Role.ADMIN)
