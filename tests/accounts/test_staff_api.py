"""Teams, skills, certificates and shifts through the API; what is told before a certificate ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Certificate, Organization, PersonSkill, Skill, User
from accounts.rights import Role
from accounts.services import certificates
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client

UserWith = Callable[[Role], User]


@pytest.fixture
def planner(user_with: UserWith) -> Client:
    return Client(user_with(Role.MAINTENANCE_COORDINATOR))


@pytest.fixture
def anna(user_with: UserWith) -> User:
    return user_with(Role.TECHNICIAN)


@pytest.fixture
def ben(user_with: UserWith) -> User:
    return user_with(Role.TECHNICIAN)


def test_teams(planner: Client, anna: User, ben: User) -> None:
    body = {"name": "House", "lead": str(anna.pk), "members": [str(anna.pk), str(ben.pk)]}
    made = planner.post("teams", body)
    assert (made.status_code, made.json()["members"]) == (201, body["members"])
    address = f"teams/{made.json()['id']}"
    assert planner.patch(address, {"members": [str(ben.pk)]}).json()["members"] == [str(ben.pk)]
    assert planner.patch(address, {"name": "Floor"}).json()["members"] == [str(ben.pk)]
    assert planner.post("teams", {"name": "Floor"}).status_code == 400
    planner.post("teams", {"name": "Others"})
    assert [row["name"] for row in Client(ben).get("teams").json()["results"]] == ["Floor"]
    assert planner.delete(address).status_code == 204


def test_shifts_and_what_they_come_to(planner: Client, anna: User, ben: User) -> None:
    team = planner.post("teams", {"name": "House", "members": [str(anna.pk), str(ben.pk)]}).json()
    times = {"starts_at": "22:00", "ends_at": "06:00", "break_minutes": 30}
    night = planner.post(
        "shifts", {"name": "Night", "team": team["id"], "weekdays": [0, 1], **times}
    )
    assert night.status_code == 201
    assert night.json()["weekdays"] == [0, 1]
    day = {"name": "Day", "user": str(anna.pk), "starts_at": "08:00", "ends_at": "16:00"}
    assert planner.post("shifts", day).status_code == 201
    away = {"user": str(ben.pk), "kind": "absence"}
    away |= {"starts_at": "2026-03-03T00:00:00+01:00", "ends_at": "2026-03-04T00:00:00+01:00"}
    assert planner.post("shift-exceptions", away).status_code == 201
    week = {"start": "2026-03-02T00:00:00+01:00", "end": "2026-03-09T00:00:00+01:00"}
    found = {row["user"]: row["shifts"] for row in planner.get("shifts/roster", week).json()}
    assert [shift["minutes"] for shift in found[str(anna.pk)]] == [480] * 5
    assert [shift["minutes"] for shift in found[str(ben.pk)]] == [112, 338]  # not on Tuesday
    assert [row["user"] for row in Client(ben).get("shifts/roster", week).json()] == [str(ben.pk)]
    assert [row["name"] for row in Client(ben).get("shifts").json()["results"]] == ["Night"]


def test_what_a_shift_cannot_be(planner: Client, anna: User) -> None:
    times = {"name": "x", "starts_at": "08:00", "ends_at": "16:00"}
    assert "one person" in planner.post("shifts", times).content.decode()
    impossible: tuple[dict[str, object], ...] = (
        {"weekdays": []},
        {"weekdays": [7]},
        {"valid_from": "2026-02-01", "valid_until": "2026-01-01"},
    )
    for wrong in impossible:
        assert planner.post("shifts", {**times, "user": str(anna.pk), **wrong}).status_code == 400
    for start, end in (
        ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ):
        assert planner.get("shifts/roster", {"start": start, "end": end}).status_code == 400
    assert planner.get("shifts/roster").status_code == 400


def test_technicians_see_their_own_and_change_nothing(
    planner: Client, anna: User, ben: User
) -> None:
    skill = planner.post("skills", {"name": "Gas", "needs_certificate": True}).json()["id"]
    proof = {"user": str(anna.pk), "skill": skill, "issued_on": "2026-01-01"}
    made = planner.post("certificates", proof)
    assert made.status_code == 201
    mine, theirs = Client(anna), Client(ben)
    for path in ("certificates", "person-skills"):
        assert len(mine.get(path).json()["results"]) == 1
        assert theirs.get(path).json()["results"] == []
    assert theirs.get(f"certificates/{made.json()['id']}").status_code == 404
    assert mine.patch(f"certificates/{made.json()['id']}", {"number": "1"}).status_code == 403
    assert mine.post("shifts", {}).status_code == 403
    assert planner.delete(f"skills/{skill}").json()["code"] == "still_used"


@pytest.fixture
def gas(scope: Organization) -> Skill:
    return Skill.objects.create(name="Gas", needs_certificate=True, warn_days=30)


def proof(user: User, skill: Skill, ends_in: int | None, now: datetime) -> Certificate:
    last = None if ends_in is None else (now + timedelta(days=ends_in)).date()
    first = (now - timedelta(days=400 - (ends_in or 0))).date()
    row = Certificate(user=user, skill=skill, issued_on=first, expires_on=last)
    return certificates.add_certificate(row, by=None, now=now)


def told() -> list[str]:
    rows = OutboxEvent.objects.filter(name="accounts.certificate.expiring")
    return [row.payload["certificate_id"] for row in rows.order_by("pk")]


def test_the_end_of_a_certificate_is_told_once(
    scope: Organization, gas: Skill, anna: User, ben: User, now: datetime
) -> None:
    ending, later = proof(anna, gas, 30, now), proof(ben, gas, 31, now)
    assert PersonSkill.objects.filter(skill=gas).count() == 2
    assert certificates.warn(zone="Europe/Berlin", now=now) == 1
    assert certificates.warn(zone="Europe/Berlin", now=now) == 0
    assert told() == [str(ending.pk)]
    assert certificates.warn(zone="Europe/Berlin", now=now + timedelta(days=1)) == 1
    assert told() == [str(ending.pk), str(later.pk)]
    ending.refresh_from_db()
    moved = {"expires_on": (now + timedelta(days=20)).date()}
    certificates.change_certificate(ending, moved, by=None, now=now)
    assert certificates.warn(zone="Europe/Berlin", now=now) == 1


def test_what_is_renewed_is_not_told(
    scope: Organization, gas: Skill, anna: User, ben: User, now: datetime
) -> None:
    proof(anna, gas, 10, now)
    proof(anna, gas, 300, now)
    proof(ben, gas, 10, now)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert certificates.warn(zone="UTC", now=now) == 0


def test_every_organisation_is_looked_at_on_its_own_day(db: None) -> None:
    now = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    for zone in ("Asia/Tokyo", "America/New_York"):
        house = factories.organization(time_zone=zone)
        person = factories.user(house)
        with tenant_scope(house.pk):
            skill = Skill.objects.create(name="Gas", needs_certificate=True, warn_days=0)
            row = Certificate(
                user=person, skill=skill, issued_on=now.date(), expires_on="2026-03-05"
            )
            certificates.add_certificate(row, by=None, now=now)
    assert certificates.warn_organizations(now=now) == 1
    assert certificates.warn_organizations(now=now + timedelta(hours=6)) == 1
