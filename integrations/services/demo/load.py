"""The demo: a hotel with a fleet and a plant room, and a small haulier beside it."""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Organization
from accounts.rights import Role
from accounts.services import calendars
from core.tenancy import tenant_scope
from integrations.services.demo import (
    checklists,
    episodes,
    history,
    house,
    housekeeping,
    orders,
    plans,
    promises,
    reports,
    simulation,
    staff,
    use,
)
from integrations.services.demo.people import ENTRUSTED, PEOPLE, Person
from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from integrations.services.demo.tables import rows
from scheduling.rules.clock import next_check

SLUG = "grand-harbour"
_FIRST_DAY = timedelta(days=760)
_HAULIER_PEOPLE = (
    Person("fleet", "Dana Whitfield", Role.ADMIN),
    Person("mechanic", "Luis Ortega", Role.TECHNICIAN),
    Person("driver", "Sam Becker", Role.REQUESTER),
)


def is_loaded() -> bool:
    """Whether the demo is there already."""
    return Organization.objects.filter(slug=SLUG).exists()


@transaction.atomic
def load(*, now: datetime) -> Organization:
    """Both organisations as of `now`, all or nothing. People sign in with `DEMO_PASSWORD`."""
    hotel = Organization.objects.create(
        name="Grand Harbour Hotel",
        slug=SLUG,
        time_zone="Europe/Lisbon",
        currency="EUR",
        plan=Organization.Plan.PREMIUM,
        maintenance_scheduling_enabled=True,
    )
    haulier = Organization.objects.create(
        name="Northline Haulage",
        slug="northline",
        time_zone="America/Chicago",
        currency="USD",
        maintenance_scheduling_enabled=True,
    )
    _live(hotel, PEOPLE, "demo.example", prefix="", photos=10, now=now)
    _live(haulier, _HAULIER_PEOPLE, "northline.example", prefix="northline_", photos=0, now=now)
    return hotel


def _live(
    organization: Organization,
    people: tuple[Person, ...],
    domain: str,
    *,
    prefix: str,
    photos: int,
    now: datetime,
) -> None:
    """Set up one organisation and let its past happen."""
    generator = random.Random(organization.slug)  # noqa: S311 - a story, not a secret
    began = now - _FIRST_DAY
    with tenant_scope(organization.pk):
        found = house.add_people(
            people, domain=domain, password=settings.DEMO_PASSWORD, organization=organization
        )
        by = house.administrator(found)
        calendars.create_usual(by=by, now=began)
        tree = house.add_resources(rows(f"{prefix}resources"), found, by=by, now=began)
        types = {row.type.code: row.type for row in tree.values() if row.type is not None}
        world = World(organization, found, tree, types, by, now)
        timeline = Timeline(organization, by, generator, photos_left=photos)
        for row in rows(f"{prefix}schedules"):
            schedule = plans.add_schedule(row, world)
            timeline.add_work(history.work_of(row, schedule, world, generator))
            episodes.add_fate(row, schedule, world, timeline)
        states = [row for row in rows(f"{prefix}resources") if row["code"] not in use.WORKED_ON]
        episodes.add_states(states, world, timeline)
        if not prefix:
            checklists.add_checklists(world, now=began)
            checklists.add_jobs(world, timeline)
            promises.promise(world, now=began)
            use.add_use(world, timeline)
            staff.add_staff(world)
            orders.add_orders(world, timeline)
            reports.add_reports(world, timeline)
            house.entrust(ENTRUSTED, found, tree)
            episodes.add_surprises(world, timeline)
            housekeeping.add_yesterday(world, timeline)
        timeline.add_checks(until=now)
        timeline.run(until=now)
        if not prefix:
            housekeeping.add_today(world)
            promises.look(world, now=now)
            simulation.choose_times(found["technician"], found["executive"])
        simulation.date_messages(now=now)
    organization.next_check_at = next_check(
        now, zone=organization.time_zone, hour=organization.check_hour
    )
    organization.save(update_fields=["next_check_at", "updated_at"])
