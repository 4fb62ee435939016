"""An organisation in which every kind of row exists, made through the services."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile

from accounts.models import (
    Certificate,
    Organization,
    Shift,
    ShiftException,
    Skill,
    Team,
    User,
    WorkingCalendar,
)
from accounts.rights import Role
from accounts.services import api_keys, calendars, certificates, teams
from core.services import attachments, records
from core.tenancy import tenant_scope
from integrations.models import BookingFeed, CalendarFeed, DeadLetter, Webhook
from integrations.rules import incoming
from integrations.services import booking_feeds, calendar_feeds, webhooks
from integrations.services.imports import runs
from integrations.services.inbound import letters, receiving
from notifications.models import ChatRoom
from notifications.services import rooms
from scheduling.models import Resource, Schedule, Window
from scheduling.services import asking, due_check, window_series, windows
from tests import factories
from tests.events import relay_all
from tests.worklogs.checklists import checklist
from worklogs.models import (
    CleaningPlan,
    CostEntry,
    HomePlace,
    LaborEntry,
    LaborRate,
    SlaPolicy,
    SlaViolation,
    Vendor,
    WorkNeed,
    WorkOrder,
)
from worklogs.rules.checklists import Given
from worklogs.services import (
    answers,
    cleaning_plans,
    generation,
    housekeeping,
    labor,
    logs,
    orders,
    portal,
    reports,
    saved_views,
    sla_policies,
    sla_sweep,
    sla_violations,
    talk,
)

_SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def populate(organization: Organization) -> User:
    """Fill the organisation; returns its administrator, who owns and is assigned everything."""
    now = datetime.now(UTC)
    chief = factories.user(organization, role=Role.ADMIN, name=f"Chief of {organization.slug}")
    with tenant_scope(organization.pk):
        kind = factories.resource_type(name=f"Type of {organization.slug}")
        resource = factories.resource(
            owner=chief, type=kind, name=f"Resource of {organization.slug}"
        )
        start = now - timedelta(days=1)
        schedule = factories.schedule(
            resource=resource,
            assigned_to=chief,
            title=f"Schedule of {organization.slug}",
            start_at=start.replace(second=0, microsecond=0),
        )
        due_check.check_now(organization=organization, by=chief, now=now)
        attachments.store(
            upload=ContentFile(b"%PDF-1.4\n%%EOF\n"),
            name="plan.pdf",
            target_type="log",
            target_id=None,
            by=chief,
            now=now,
        )
        logs.record_log(
            resource=resource,
            schedule=schedule,
            performed_at=now,
            performed_by=chief,
            notes=f"Done at {organization.slug}",
            by=chief,
            now=now,
        )
        _use(resource, organization, now=now)
        _work(resource, organization, chief, now=now)
        _staff(resource, organization, chief, now=now)
        _clean(resource, organization, now=now)
        _promise(resource, organization, chief, now=now)
        _subscribe(resource, organization, chief, now=now)
        _hear(resource, organization, now=now)
        runs.upload(
            b"code,name\nX,Y\n",
            name=f"{organization.slug}.csv",
            entity="resources",
            by=chief,
            now=now,
        )
        calendars.create_calendar(WorkingCalendar(name="Week"), [], by=chief, now=now)
        api_keys.create_key(
            name="Key",
            user=chief,
            scope="read",
            expires_at=now + timedelta(days=9),
            by=chief,
            now=now,
        )
    relay_all(now)
    return chief


def _use(resource: Resource, organization: Organization, *, now: datetime) -> None:
    """A booking, a window, a recurring one and a draft that somebody is asked about, apart from each other."""
    day, hours = timedelta(days=1), timedelta(hours=2)
    start = now.replace(minute=0, second=0, microsecond=0) + day
    factories.booking(start, start + hours, resource=resource, guest_id=organization.slug)
    factories.window(
        start + day, start + day + hours, resource=resource, title=f"Window of {organization.slug}"
    )
    weekly = Window(
        resource=resource,
        title=f"Rounds of {organization.slug}",
        starts_at=start + 2 * day,
        ends_at=start + 2 * day + hours,
    )
    window_series.create_series(weekly, "FREQ=WEEKLY;COUNT=2", by=None, now=now)
    _ask(resource, organization, start=start + 5 * day, now=now)


def _ask(resource: Resource, organization: Organization, *, start: datetime, now: datetime) -> None:
    """A draft, and the question to whoever booked its time."""
    end = start + timedelta(hours=2)
    factories.booking(
        start,
        end,
        resource=resource,
        guest_id=organization.slug,
        contact_email=f"guest@{organization.slug}.example.org",
    )
    draft = Window(
        resource=resource,
        title=f"Draft of {organization.slug}",
        starts_at=start,
        ends_at=end,
        status="draft",
    )
    asking.ask(windows.create_window(draft, by=None, now=now), by=None, now=now)


def _work(resource: Resource, organization: Organization, chief: User, *, now: datetime) -> None:
    """Orders of every origin, with all that can belong to one."""
    _check(resource, organization, chief, now=now)
    generation.generate(now=now)
    order = factories.work_order(
        resource=resource, title=f"Order of {organization.slug}", guest_id=organization.slug
    )
    portal.new_code(resource, by=None, now=now)
    noticed = WorkOrder(resource=resource, title=f"Report of {organization.slug}")
    reports.submit(noticed, by=chief, now=now)
    other = WorkOrder(resource=resource, title=f"Task of {organization.slug}")
    orders.create_task(other, by=chief, now=now)
    talk.add_link(order, other, "blocks", by=chief, now=now)
    said = f"Seen at {organization.slug}"
    talk.add_comment(order, said, mentioned=[chief], by=chief, now=now)
    start = now - timedelta(hours=2)
    entry = LaborEntry(work_order=order, person=chief, started_at=start, ended_at=now)
    labor.add_labor(entry, by=chief, now=now)
    invoice = CostEntry(work_order=order, amount=5, description=f"Bill of {organization.slug}")
    labor.add_cost(invoice, by=chief, now=now)
    rate = LaborRate(hourly_rate=30, valid_from=now.date())
    lifts = Vendor(name=f"Lifts for {organization.slug}")
    for row in (rate, lifts):
        records.create(row, by=chief, now=now)
    name = f"View of {organization.slug}"
    saved_views.keep(name, "assignee=me", is_shared=True, by=chief, now=now)


def _staff(resource: Resource, organization: Organization, chief: User, *, now: datetime) -> None:
    """A team with a skill, a certificate, a shift and a day off, and work that needs it."""
    slug = organization.slug
    team = teams.create_team(Team(name=f"Team of {slug}", lead=chief), [chief], by=chief, now=now)
    skill = records.create(
        Skill(name=f"Skill of {slug}", needs_certificate=True), by=chief, now=now
    )
    proof = Certificate(user=chief, skill=skill, number=slug, issued_on=now.date())
    certificates.add_certificate(proof, by=chief, now=now)
    early = Shift(name=f"Early at {slug}", team=team, starts_at=time(6), ends_at=time(14))
    away = ShiftException(
        user=chief, starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=31)
    )
    need = WorkNeed(category="electrical", skill=skill, minutes=45)
    home = HomePlace(user=chief, resource=resource)
    for row in (early, away, need, home):
        records.create(row, by=chief, now=now)


def _clean(resource: Resource, organization: Organization, *, now: datetime) -> None:
    """A cleaning plan with the task of a departure."""
    slug = organization.slug
    plan = CleaningPlan(
        title=f"Cleaning of {slug}",
        task_type="checkout_cleaning",
        on_event="booking.completed",
        resource=factories.resource(name=f"Room of {slug}", kind="room", parent=resource),
    )
    cleaning_plans.create_plan(plan, by=None, now=now)
    start, end = now - timedelta(hours=9), now + timedelta(minutes=1)
    room = plan.resource
    stay = factories.booking(start, end, resource=room, status="checked_in", guest_id=slug)
    housekeeping.follow(stay.pk, now=end)


def _check(resource: Resource, organization: Organization, chief: User, *, now: datetime) -> None:
    """A checklist for the plan, and an order on which a step of another failed."""
    own = checklist(name=f"Checks of {organization.slug}", schedules=Schedule.objects.all())
    assert own.current is not None
    order = factories.work_order_in(
        "in_progress",
        assigned_to=chief,
        resource=resource,
        title=f"Lift of {organization.slug}",
        checklist=own.current,
    )
    answers.answer(order, "doors", Given(text="no"), by=chief, now=now)
    answers.follow_up(order, "doors", by=chief, now=now)


def _promise(resource: Resource, organization: Organization, chief: User, *, now: datetime) -> None:
    """Targets, one that was missed and excused, and one that nobody has taken up."""
    policy = SlaPolicy(
        name=f"Policy of {organization.slug}",
        category="furniture",
        resource_type=resource.type,
        response_minutes=10,
    )
    sla_policies.create_policy(policy, by=chief, now=now)
    week = [{"weekday": day, "opens_at": time(0), "closes_at": time(23, 59)} for day in range(7)]
    usual = WorkingCalendar(name="Usual", country="DE")
    calendars.create_calendar(usual, week, by=chief, now=now)
    early = now - timedelta(hours=3)
    for name in ("Chair", "Table"):
        broken = f"{name} of {organization.slug}"
        factories.work_order(now=early, resource=resource, title=broken, category="furniture")
    sla_sweep.sweep(now=now)
    first = SlaViolation.objects.order_by("pk")[0]
    sla_violations.excuse(first, f"Strike at {organization.slug}", by=chief, now=now)


def _subscribe(
    resource: Resource, organization: Organization, chief: User, *, now: datetime
) -> None:
    """A booking system's calendar that is read, a calendar that is read from outside, and a receiver of events."""
    system = BookingFeed(
        resource=resource,
        source=f"System of {organization.slug}",
        secret_url=f"https://{organization.slug}.example.org/rooms.ics",
    )
    booking_feeds.create_feed(system, by=chief, now=now)
    outside = CalendarFeed(
        name=f"Calendar of {organization.slug}",
        kind=CalendarFeed.Kind.RESOURCE,
        resource=resource,
        with_bookings=True,
    )
    calendar_feeds.create_feed(outside, by=chief, now=now)
    receiver = Webhook(
        name=f"Webhook of {organization.slug}", url=f"https://{organization.slug}.example.org/"
    )
    webhooks.send_test(webhooks.create_webhook(receiver, by=chief, now=now), by=chief, now=now)
    chat = ChatRoom(name=f"Chat of {organization.slug}", secret_address=_SLACK)
    rooms.create(chat, by=chief, now=now)


def _hear(resource: Resource, organization: Organization, *, now: datetime) -> None:
    """Events of other systems: applied, parked and failed, and a message that is none."""
    for number, data in enumerate(
        (
            {"item_id": "T", "item_name": f"Towels of {organization.slug}", "room": resource.code},
            {"item_id": "T", "room": "nowhere"},
            {"item_id": ""},
        )
    ):
        came = incoming.Incoming(
            id=str(number), source="/services/stock", type="inventory.low_stock", data=data
        )
        receiving.take(came, via="rabbitmq", by=None, now=now)
    risk = {"device": resource.code, "risk": "high", "failure_mode": f"Leak of {organization.slug}"}
    alert = incoming.Incoming(id="3", source="/services/m", type="predictive.alert", data=risk)
    receiving.take(alert, via="rabbitmq", by=None, now=now)
    headers = {"organization": organization.slug}
    letters.take_message(b"no json", headers, via="redis", now=now)


def ids_of(model: Any, organization: Organization) -> list[UUID]:
    """The ids of the organisation's rows, the oldest first."""
    with tenant_scope(organization.pk):
        rows = model.objects.order_by("pk")
        if model is DeadLetter:  # nobody's, where it names no organisation
            rows = rows.filter(organization=organization)
        return list(rows.values_list("pk", flat=True))
