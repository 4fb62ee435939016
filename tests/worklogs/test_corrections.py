"""Corrections: a new log takes the place of the old one, and the due dates follow."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from core.models import Attachment, OutboxEvent
from scheduling.models import Schedule
from scheduling.services import rebuild
from tests.worklogs.conftest import next_due, photo, upload
from worklogs.models import Log
from worklogs.services.corrections import correct_log

ON_THE_DAY = datetime(2026, 1, 31, 9, tzinfo=UTC)
FIRST, SECOND = datetime(2026, 1, 31, 7, tzinfo=UTC), datetime(2026, 2, 28, 7, tzinfo=UTC)


def correct(log: Log, now: datetime, **values: object) -> Log:
    asked: dict[str, object] = {"changes": {}, "reason": "Typing error", "by": None}
    return correct_log(log=log, now=now, **{**asked, **values})  # type: ignore[arg-type]


def test_the_newer_one_counts(done: Callable[..., Log], now: datetime, admin: User) -> None:
    log = done(performed_at=ON_THE_DAY, notes="Oil")
    new = correct(log, now, changes={"notes": "Oil changed", "issues_found": "minor"}, by=admin)
    assert (new.supersedes, new.notes, new.issues_found) == (log, "Oil changed", "minor")
    assert (new.effect, new.occurrence) == ("satisfied", log.occurrence)
    assert list(Log.objects.effective()) == [new]
    assert list(Log.objects.replaced()) == [log]
    assert OutboxEvent.objects.get(name="worklogs.log.corrected").payload["supersedes_id"] == str(
        log.pk
    )
    log.refresh_from_db()
    assert log.notes == "Oil"


def test_void_reopens_the_date(schedule: Schedule, done: Callable[..., Log], now: datetime) -> None:
    log = done(performed_at=ON_THE_DAY)
    assert next_due(schedule) == SECOND
    void = correct(log, now, is_void=True, reason="Wrong lift")
    assert (void.effect, void.is_void) == ("void", True)
    assert next_due(schedule) == FIRST
    assert not Log.objects.effective().exists()
    assert list(rebuild.rebuild(now=now, write=False)) == []
    again = done(performed_at=ON_THE_DAY + timedelta(hours=2))
    assert (again.effect, again.occurrence) == ("satisfied", log.occurrence)
    assert next_due(schedule) == SECOND


@pytest.mark.parametrize("basis", ["fixed", "floating"])
def test_another_time_moves_the_completion(
    schedule: Schedule, done: Callable[..., Log], now: datetime, basis: str
) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(basis=basis)
    schedule.refresh_from_db()
    log = done(performed_at=ON_THE_DAY)
    assert log.occurrence is not None
    assert log.occurrence.is_compliant
    new = correct(log, now, changes={"performed_at": ON_THE_DAY + timedelta(days=10)})
    assert new.occurrence is not None
    assert new.occurrence.performed_at == new.performed_at
    assert not new.occurrence.is_compliant
    assert (
        next_due(schedule)
        == {
            "fixed": SECOND,
            "floating": datetime(2026, 3, 10, 7, tzinfo=UTC),
        }[basis]
    )
    assert list(rebuild.rebuild(now=now, write=False)) == []


def test_extra_work_turns_out_to_be_in_time(
    schedule: Schedule, done: Callable[..., Log], now: datetime
) -> None:
    log = done(performed_at=ON_THE_DAY - timedelta(days=5))
    assert log.effect == "extra"
    new = correct(log, now, changes={"performed_at": ON_THE_DAY})
    assert new.effect == "satisfied"
    assert next_due(schedule) == SECOND


def test_refusals(done: Callable[..., Log], now: datetime) -> None:
    log = done()
    with pytest.raises(Invalid, match="Say why"):
        correct(log, now, reason=" ")
    with pytest.raises(Invalid, match="cannot change this"):
        correct(log, now, changes={"resource": log.resource})
    with pytest.raises(Invalid, match="future"):
        correct(log, now, changes={"performed_at": now + timedelta(days=1)})
    with pytest.raises(Invalid):
        correct(log, now, changes={"issues_found": "many"})
    new = correct(log, now)
    with pytest.raises(Conflict, match="newest") as refusal:
        correct(log, now)
    assert refusal.value.conflicts == [{"type": "log", "id": str(new.pk)}]
    void = correct(new, now, is_void=True)
    with pytest.raises(Conflict, match="void"):
        correct(void, now)


def test_who_may_correct(
    done: Callable[..., Log],
    now: datetime,
    user_with: Callable[[Role], User],
) -> None:
    log = done()
    with pytest.raises(NotAllowed):
        correct(log, now, by=user_with(Role.TECHNICIAN))
    with pytest.raises(NotAllowed, match="cannot see"):
        correct(log, now, by=user_with(Role.VENUE_ADMIN))
    assert correct(log, now, by=user_with(Role.MAINTENANCE_COORDINATOR)).pk


def test_files_stay_are_left_out_or_added(
    done: Callable[..., Log], now: datetime, admin: User
) -> None:
    good, wrong = upload(admin, now), upload(admin, now, data=photo("blue"))
    log = done(by=admin, attachments=[good.pk, wrong.pk])
    kept = correct(log, now, by=admin)
    assert kept.attachment_hashes == log.attachment_hashes
    added = upload(admin, now, data=photo("green"))
    files = Attachment.objects.filter(target_id=kept.pk)
    chosen = [files.get(sha256=good.sha256).pk, added.pk]
    new = correct(kept, now, by=admin, attachments=chosen)
    assert new.attachment_hashes == sorted([good.sha256, added.sha256])
    assert Attachment.objects.filter(target_id=new.pk).count() == 2
    assert Attachment.objects.filter(target_id=log.pk).count() == 2
    with pytest.raises(Invalid, match="missing or already"):
        correct(new, now, by=admin, attachments=[wrong.pk])
