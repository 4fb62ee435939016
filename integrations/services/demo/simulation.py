"""Letting the past happen in its order, through the services that people and workers use."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import Organization, User
from core import outbox
from core.tenancy import tenant_scope
from integrations.services.demo import photos
from integrations.services.demo.history import Work
from notifications.models import Delivery, Notification, Reaching
from notifications.services.telling import COLLECT_FOR, KEEP
from scheduling.models import DueCheckRun, Resource, Schedule
from scheduling.services import due_check
from worklogs.services import logs
from worklogs.services.recording import Entry

#: Daily checks are repeated this many days back; people have been told what came due since then.
CHECKED_DAYS = 24
#: How much work stands on one sheet that the administrator enters.
_SHEET = timedelta(days=30)
#: The chance that somebody takes a photo of an issue, while there are any left.
_PHOTOS = 0.3

Event = Callable[[datetime], object]


@dataclass
class Timeline:
    """What happens when, in one organisation."""

    organization: Organization
    by: User
    generator: random.Random
    events: list[tuple[datetime, int, Event | Work]] = field(default_factory=list)
    photos_left: int = 0
    halted: set[UUID] = field(default_factory=set)

    def add(self, moment: datetime, event: Event) -> None:
        """Let `event` happen at `moment`."""
        self.events.append((moment, len(self.events), event))

    def add_work(self, entries: Iterable[Work]) -> None:
        """Let work be recorded when it was finished."""
        for work in entries:
            self.events.append((work.recorded_at, len(self.events), work))

    def add_checks(self, *, until: datetime) -> None:
        """The organisation's daily check on each of the past days."""
        zone = ZoneInfo(self.organization.time_zone)
        last = until.astimezone(zone).date()
        for days in range(CHECKED_DAYS, -1, -1):
            day = last - timedelta(days=days)
            local = datetime.combine(day, time(self.organization.check_hour), zone)
            if local <= until:
                self.add(local.astimezone(UTC), self._check)

    def run(self, *, until: datetime) -> None:
        """Let everything happen, oldest first. Before the days that are checked, work was entered month by month."""
        recent = until - timedelta(days=CHECKED_DAYS)
        waiting: list[Work] = []
        with tenant_scope(self.organization.pk):
            for moment, _, event in sorted(self.events, key=lambda item: item[:2]):
                is_old_work = isinstance(event, Work) and moment < recent
                if waiting and (not is_old_work or moment - waiting[0].recorded_at > _SHEET):
                    self._record_sheet(waiting)
                    waiting = []
                if isinstance(event, Work):
                    waiting.append(event)
                    if not is_old_work:
                        self._record(waiting.pop())
                else:
                    event(moment)

    def halt(self, row: Schedule | Resource) -> None:
        """No more work on a schedule or resource that was given up."""
        self.halted.add(row.pk)

    def _record_sheet(self, works: list[Work]) -> None:
        """The administrator enters what was done over some weeks."""
        kept = [work for work in works if not self.halted & {work.schedule.pk, work.resource.pk}]
        now = works[-1].recorded_at
        logs.record_logs(
            entries=[self._entry(work, by=self.by, now=now) for work in kept], by=self.by, now=now
        )

    def _record(self, work: Work) -> None:
        """Whoever did the work logs it; work that is nobody's is logged by the administrator."""
        if self.halted & {work.schedule.pk, work.resource.pk}:
            return
        is_own = work.schedule.assigned_to_id == work.performed_by.pk
        by, now = work.performed_by if is_own else self.by, work.recorded_at
        logs.record_entry(self._entry(work, by=by, now=now), by=by, now=now)

    def _entry(self, work: Work, *, by: User, now: datetime) -> Entry:
        attachments = []
        if self.photos_left and work.issues != "none" and self.generator.random() < _PHOTOS:
            self.photos_left -= 1
            attachments = [photos.take(work.resource.name, number=self.photos_left, by=by, now=now)]
        return Entry(
            resource=work.resource,
            schedule=work.schedule,
            performed_at=work.performed_at,
            performed_by=work.performed_by,
            notes=work.notes,
            issues_found=work.issues,
            duration_minutes=work.minutes,
            attachments=attachments,
        )

    def _check(self, now: datetime) -> None:
        """One daily check, and the messages that follow from it."""
        run = due_check.check_now(organization=self.organization, by=None, now=now)
        DueCheckRun.objects.filter(pk=run.pk).update(trigger=DueCheckRun.Trigger.DAILY)
        tell(now)


def tell(now: datetime) -> None:
    """Hand every event up to `now` to its handlers. Mails of former days count as sent; the worker has today's."""
    waiting = Delivery.objects.filter(state=Delivery.State.COLLECTING)
    waiting.update(
        state=Delivery.State.SENT, sent_at=F("available_at"), attempts=1, provider_id="demo"
    )
    while outbox.relay(now, limit=500):
        pass


def date_messages(*, now: datetime) -> None:
    """Messages bear the time at which they were written in the story; most older ones have been read."""
    Notification.objects.update(created_at=F("expires_at") - KEEP)
    Delivery.objects.update(created_at=F("available_at") - COLLECT_FOR)
    older = Notification.objects.filter(created_at__lt=now - timedelta(days=2))
    older.update(read_at=F("created_at") + timedelta(hours=2), follow_up_at=None)


def choose_times(technician: User, executive: User) -> None:
    """One sleeps with the telephone on the table, one reads once a day."""
    Reaching.objects.create(user=technician, quiet_from=time(22), quiet_until=time(6, 30))
    Reaching.objects.create(user=executive, rhythm=Reaching.Rhythm.DAILY, digest_hour=18)
