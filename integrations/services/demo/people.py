"""Who works at the hotel."""

from dataclasses import dataclass

from accounts.rights import Role


@dataclass(frozen=True, slots=True)
class Person:
    """`key` is the part of the address before the at sign."""

    key: str
    name: str
    role: Role
    phone: str = ""
    is_active: bool = True


#: The first seven are the demo sign-ins.
PEOPLE = (
    Person("admin", "Helena Marques", Role.ADMIN, "+351 210 555 101"),
    Person("executive", "Duarte Vasconcelos", Role.EXECUTIVE_ADMIN, "+351 210 555 100"),
    Person("venue", "Inês Carvalho", Role.VENUE_ADMIN, "+351 210 555 120"),
    Person("coordinator", "Tomás Ribeiro", Role.MAINTENANCE_COORDINATOR, "+351 210 555 110"),
    Person("technician", "Rui Fonseca", Role.TECHNICIAN, "+351 910 555 201"),
    Person("requester", "Marta Lopes", Role.REQUESTER, "+351 210 555 130"),
    Person("super", "Platform operator", Role.SUPER_ADMIN),
    Person("beatriz", "Beatriz Nunes", Role.TECHNICIAN, "+351 910 555 202"),
    Person("carlos", "Carlos Pinto", Role.TECHNICIAN, "+351 910 555 203"),
    Person("sofia", "Sofia Almeida", Role.TECHNICIAN, "+351 910 555 204"),
    Person("miguel", "Miguel Teixeira", Role.TECHNICIAN, "+351 910 555 205"),
    Person("ana", "Ana Correia", Role.MAINTENANCE_COORDINATOR, "+351 210 555 111"),
    Person("frontdesk", "Front desk", Role.REQUESTER, "+351 210 555 000"),
    Person("pedro", "Pedro Antunes", Role.TECHNICIAN, is_active=False),
)

#: Resources that the venue manager is entrusted with, with everything below them.
ENTRUSTED = {"venue": ("VEN",)}
