"""Who hears what on sockets: rooms, named so that none reaches beyond one organisation."""

from collections.abc import Iterable
from uuid import UUID

#: The topic of every part of every page.
EVERYTHING = "*"


def of_hints(organization_id: UUID) -> str:
    """Everybody of the organisation who asks for hints, which have no content."""
    return str(organization_id)


def of_role(organization_id: UUID, role: str) -> str:
    """Those of a role, who hear of everything that the role sees."""
    return f"{organization_id}/{role}"


def of_object(organization_id: UUID, role: str, subject: str) -> str:
    """Those of a role who look at one object, such as `work-order/<id>`."""
    return f"{organization_id}/{role}/{subject}"


def of_person(organization_id: UUID, user_id: UUID) -> str:
    """The pages that one person has open."""
    return f"{organization_id}/person/{user_id}"


def audience(
    organization_id: UUID, subject: str, *, whole: Iterable[str], able: Iterable[str]
) -> list[str]:
    """Where an event goes: to the roles that see `whole`, and to whoever of the roles `able` looks at the object."""
    return [
        *(of_role(organization_id, role) for role in whole),
        *(of_object(organization_id, role, subject) for role in able),
    ]


def topics(type_name: str, subject: str) -> set[str]:
    """What an event changes of what pages show: `sla.warning` about `work-order/<id>` is of `sla` and `work-order`."""
    return {type_name.partition(".")[0], subject.partition("/")[0]}
