"""Thousands of rows at once: as the ORM would write them, and in the organisation in scope only."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core.ids import new_id
from core.querysets.rowset import insert_new_rows, insert_rows, update_rows
from core.tenancy import CrossTenantWrite, TenantScopeMissing, all_tenants, tenant_scope
from notifications.models import Notification
from tests import factories

NAMES = ["pk", "recipient_id", "fact_key", "title", "object_id", "in_app", "created_at"]


def row(person: User, key: str, now: datetime, **changes: Any) -> list[Any]:
    values = {
        "pk": new_id(),
        "recipient_id": person.pk,
        "fact_key": key,
        "title": "Lift – 100 % 'quoted' \"twice\"",
        "object_id": None,
        "in_app": True,
        "created_at": now.astimezone(ZoneInfo("Asia/Kolkata")),
    }
    return list((values | changes).values())


def shared(now: datetime) -> dict[str, Any]:
    empty = dict.fromkeys(("message", "why", "object_type", "action_url", "correlation_id"), "")
    moments = {"updated_at": now, "expires_at": now}
    return {
        **{"kind": "maintenance_due", "priority": "normal", "run_id": new_id()},
        **empty,
        **moments,
    }


def test_rows_are_as_the_orm_reads_them(
    scope: UUID, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.querysets.rowset._BATCH", 2)
    moment, target = now + timedelta(microseconds=5), new_id()
    rows = [row(admin, f"fact {number}", now) for number in range(4)]
    rows.append(row(admin, "last", moment, object_id=target, in_app=False))
    alike = shared(now)
    assert insert_rows(Notification, NAMES, rows, shared=alike) == 5
    first, last = (Notification.objects.get(pk=rows[place][0]) for place in (0, 4))
    assert (first.organization_id, first.recipient_id) == (scope, admin.pk)
    assert (first.title, first.object_id, first.in_app, first.created_at) == (
        *(rows[0][3], None, True, now),
    )
    assert (last.object_id, last.in_app, last.created_at) == (target, False, moment)
    assert (last.kind, last.run_id, last.expires_at) == ("maintenance_due", alike["run_id"], now)


def test_a_known_row_is_refused_or_left_out(scope: UUID, admin: User, now: datetime) -> None:
    known, new = row(admin, "known", now), row(admin, "new", now)
    assert insert_new_rows(Notification, NAMES, [known], shared=shared(now)) == {known[0]}
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Notification, NAMES, [row(admin, "known", now)], shared=shared(now))
    again = [row(admin, "known", now), new]
    assert insert_new_rows(Notification, NAMES, again, shared=shared(now)) == {new[0]}
    assert insert_new_rows(Notification, NAMES, [], shared=shared(now)) == set()


def test_updates_change_what_is_named(scope: UUID, admin: User, now: datetime) -> None:
    rows = [row(admin, f"fact {number}", now) for number in range(3)]
    insert_rows(Notification, NAMES, rows, shared=shared(now))
    changed = [[values[0], f"Title {number}", now, None] for number, values in enumerate(rows[:2])]
    assert update_rows(Notification, ["title", "read_at", "run_id"], changed) == 2
    stored = list(Notification.objects.order_by("fact_key").values_list("title", "read_at"))
    assert stored == [("Title 0", now), ("Title 1", now), (rows[2][3], None)]
    assert update_rows(Notification, ["title"], []) == 0


def test_rows_of_others_are_refused(scope: UUID, now: datetime) -> None:
    stranger = factories.user(factories.organization())
    with tenant_scope(stranger.organization_id):
        rows = [row(stranger, "theirs", now)]
        insert_rows(Notification, NAMES, rows, shared=shared(now))
    foreign = rows[0][0]
    with pytest.raises(CrossTenantWrite), transaction.atomic():
        update_rows(Notification, ["title"], [[foreign, "Mine"]])
    with tenant_scope(stranger.organization_id):
        assert Notification.objects.get(pk=foreign).title == rows[0][3]


@pytest.mark.django_db
def test_nothing_is_written_without_an_organization(now: datetime) -> None:
    person = factories.user(factories.organization())
    for write in (insert_rows, insert_new_rows):
        with pytest.raises(TenantScopeMissing):
            write(Notification, NAMES, [row(person, "fact", now)], shared=shared(now))
        with all_tenants(reason="test"), pytest.raises(TenantScopeMissing):
            write(Notification, NAMES, [row(person, "fact", now)], shared=shared(now))
    with pytest.raises(TenantScopeMissing):
        update_rows(Notification, ["title"], [[new_id(), "Title"]])
