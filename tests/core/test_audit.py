"""The audit trail: complete, readable, without secrets, and not to be changed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Organization, User
from core import audit, correlation
from core.models import AuditEntry
from core.tenancy import all_tenants


def test_an_entry_tells_who_what_when_and_where(anna: User, scope: Any, now: datetime) -> None:
    with correlation.correlated("request-12345", address="192.0.2.7"):
        audit.record("export", anna, by=anna, now=now, changes={"name": ["a", "b"]})
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.at, entry.organization_id) == ("export", now, scope)
    assert (entry.actor_id, entry.actor_label) == (anna.pk, "anna")
    assert (entry.object_type, entry.object_id) == ("accounts.user", str(anna.pk))
    assert (entry.object_label, entry.changes) == ("anna", {"name": ["a", "b"]})
    assert (entry.correlation_id, entry.address) == ("request-12345", "192.0.2.7")
    assert str(entry) == "Export anna"


def test_the_system_and_unknown_people_are_recorded(now: datetime, db: None) -> None:
    audit.record("sign_in_refused", ("e-mail", None, "who@example.org"), by=None, now=now)
    with all_tenants(reason="test"):
        entry = AuditEntry.objects.get()
    assert (entry.organization_id, entry.actor_id, entry.actor_label) == (None, None, "")
    assert (entry.object_type, entry.object_id, entry.object_label) == (
        "e-mail",
        "",
        "who@example.org",
    )


def test_changes_keep_what_differs() -> None:
    found = audit.changes(
        {"a": 1, "b": Decimal("1.0"), "c": 3}, {"a": 1, "b": Decimal("2.0"), "d": 4}
    )
    assert found == {"b": ["1.0", "2.0"], "c": [3, None], "d": [None, 4]}


@pytest.mark.parametrize(
    "name", ["password", "client_secret", "token", "hashed_key", "api_key", "key_hash"]
)
def test_secrets_never_stand_in_changes(name: str) -> None:
    assert audit.changes({name: "a"}, {name: "b"}) == {name: ["(hidden)", "(hidden)"]}


def test_secrets_given_directly_are_hidden_too(anna: User, scope: Any, now: datetime) -> None:
    entry = audit.record("update", anna, by=anna, now=now, changes={"password": ["old", "new"]})
    assert "old" not in str(entry.changes)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET action = 'x'",
        "DELETE FROM core_auditentry",
        pytest.param(
            "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE core_auditentry", marks=pytest.mark.postgres
        ),
    ],
)
def test_the_database_refuses_changes(statement: str, mine: Organization, now: datetime) -> None:
    audit.record("create", mine, by=None, now=now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    with all_tenants(reason="test"):
        assert AuditEntry.objects.get().organization_id == mine.pk


@pytest.mark.sqlite
@pytest.mark.parametrize("columns", ["*", "rowid, *"])
def test_a_row_is_not_replaced(columns: str, mine: Organization, now: datetime) -> None:
    audit.record("create", mine, by=None, now=now)
    names = columns.replace("*", ", ".join(str(f.column) for f in AuditEntry._meta.concrete_fields))
    values = names.replace("action", "'x'")
    if columns != "*":
        values = values.replace("rowid, id", f"rowid, '{'0' * 32}'")
    statement = (
        f"INSERT OR REPLACE INTO core_auditentry ({names}) SELECT {values} FROM core_auditentry"  # noqa: S608
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    with all_tenants(reason="test"):
        assert AuditEntry.objects.get().action == "create"


@pytest.mark.django_db(transaction=True)
def test_the_triggers_go_and_come_with_the_migration(now: datetime) -> None:
    from core import triggers

    triggers.drop(connection, "core_auditentry")
    try:
        audit.record("create", ("a", 1, "b"), by=None, now=now)
        with all_tenants(reason="test"):
            assert AuditEntry.objects.update(action="x") == 1
    finally:
        triggers.create(connection, "core_auditentry")
    with all_tenants(reason="test"), pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.update(action="y")


@pytest.mark.django_db(transaction=True)
def test_the_tests_own_emptying_leaves_the_triggers(now: datetime) -> None:
    audit.record("create", ("a", 1, "b"), by=None, now=now)
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    with all_tenants(reason="test"):
        assert not AuditEntry.objects.exists()
        audit.record("create", ("a", 1, "b"), by=None, now=now)
        with pytest.raises(DatabaseError, match="append-only"):
            AuditEntry.objects.all().delete()


def test_a_foolish_table_name_is_refused() -> None:
    from core.triggers import append_only

    with pytest.raises(ValueError, match="not the name"):
        append_only("x; drop table y")
