"""Teams, skills, certificates and shifts of the hotel."""

from datetime import time, timedelta

from accounts.models import Certificate, PersonSkill, Shift, ShiftException, Skill, Team
from accounts.rules.shifts import mask_of
from accounts.services import certificates, teams
from core.services import records
from integrations.services.demo.plans import World
from worklogs.models import HomePlace, WorkNeed

_WEEKDAYS = mask_of(range(5))
_DAY = timedelta(days=1)
#: Team, who leads it, who is in it.
_TEAMS = (
    ("Engineering", "coordinator", ("technician", "carlos", "sofia")),
    ("Housekeeping", "ana", ("beatriz", "miguel")),
)
#: Skill, what it is, whether a certificate must be valid, who can do it.
_SKILLS = (
    ("Electrical", "Work on fixed installations", True, ("technician", "carlos")),
    ("Refrigerants", "Chillers and cold rooms", True, ("sofia",)),
    ("Plumbing", "Water, drains, sanitary fittings", False, ("carlos", "sofia", "miguel")),
)
#: Person or team, name, days, from, to, minutes of break.
_SHIFTS = (
    ("Engineering", "Day", _WEEKDAYS, 8, 16, 30),
    ("Housekeeping", "Rooms", _WEEKDAYS, 9, 17, 30),
    ("beatriz", "Rooms at the weekend", mask_of((2, 3, 4, 5, 6)), 9, 17, 30),
    ("technician", "Early", _WEEKDAYS, 6, 14, 30),
    ("sofia", "Night", mask_of((3, 4, 5)), 22, 6, 45),
)
#: Person, skill, days since it was issued, days until it ends.
_CERTIFICATES = (
    ("technician", "Electrical", 340, 25),
    ("carlos", "Electrical", 90, 640),
    ("sofia", "Refrigerants", 400, 330),
)
_PLACES = {"technician": "PLT", "carlos": "HTL-F2", "beatriz": "HTL-F1", "miguel": "HTL-F3"}


def add_staff(world: World) -> None:
    """Who works when, and who can do what, as of today."""
    by, now = world.by, world.now
    made = {
        name: teams.create_team(
            Team(name=name, lead=world.people[lead]),
            [world.people[member] for member in members],
            by=by,
            now=now,
        )
        for name, lead, members in _TEAMS
    }
    for whose, name, days, start, end, pause in _SHIFTS:
        of = {"team": made[whose]} if whose in made else {"user": world.people[whose]}
        shift = Shift(name=name, weekdays=days, break_minutes=pause, **of)
        shift.starts_at, shift.ends_at = time(start), time(end)
        records.create(shift, by=by, now=now)
    for key, code in _PLACES.items():
        place = HomePlace(user=world.people[key], resource=world.resources[code])
        records.create(place, by=by, now=now)
    _add_skills(world)
    tomorrow = world.moment(world.today + _DAY, 0)
    away = ShiftException(
        user=world.people["carlos"],
        starts_at=tomorrow,
        ends_at=world.moment(world.today + 3 * _DAY, 0),
        reason="Training",
    )
    records.create(away, by=by, now=now)


def _add_skills(world: World) -> None:
    by, now = world.by, world.now
    skills = {}
    for name, text, is_bound, people in _SKILLS:
        skill = records.create(
            Skill(name=name, description=text, needs_certificate=is_bound), by=by, now=now
        )
        skills[name] = skill
        for key in people:
            records.create(PersonSkill(user=world.people[key], skill=skill), by=by, now=now)
    for key, name, since, until in _CERTIFICATES:
        proof = Certificate(
            user=world.people[key],
            skill=skills[name],
            number=f"{name[:2].upper()}-{since}{until}",
            issuer="Trade Chamber of Lisbon",
            issued_on=world.today - since * _DAY,
            expires_on=world.today + until * _DAY,
        )
        certificates.add_certificate(proof, by=by, now=now)
    for category, name in (("electrical", "Electrical"), ("plumbing", "Plumbing")):
        records.create(WorkNeed(category=category, skill=skills[name]), by=by, now=now)
    chiller = world.types.get("chiller")
    if chiller is not None:
        need = WorkNeed(resource_type=chiller, skill=skills["Refrigerants"], minutes=90)
        records.create(need, by=by, now=now)
