"""Every app's migrations go back to nothing and forth again."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

import tests.flush  # noqa: F401
from tests.threads import shared_database

#: From high to low: whoever depends on others goes first.
APPS = ("integrations", "reporting", "notifications", "worklogs", "scheduling", "accounts", "core")


def schema(connection: Any = connection) -> dict[str, list[str]]:
    """Columns, indexes and constraints of every table."""
    return written(connection) if connection.vendor == "sqlite" else described(connection)


def written(connection: Any) -> dict[str, list[str]]:
    """The statements that SQLite keeps, those of tables taken apart: columns may stand in another order."""
    question = (
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        return {name: parts(sql) for name, sql in cursor.fetchall()}


def parts(sql: str) -> list[str]:
    """What stands between the commas of a table's statement."""
    if not sql.startswith("CREATE TABLE"):
        return [sql]
    found, depth = [""], 0
    for piece in re.split(r"([(),])", sql[sql.index("(") + 1 : sql.rindex(")")]):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return sorted(part.strip() for part in found)


def described(connection: Any) -> dict[str, list[str]]:
    """As the database describes it."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = connection.introspection.get_table_description(cursor, table)
            constraints = connection.introspection.get_constraints(cursor, table)
            found[table] = sorted(
                [f"{column.name} {column.type_code} {column.null_ok}" for column in columns]
                + [
                    f"{sorted(map(str, rule['columns'] or []))} {rule}"
                    for rule in constraints.values()
                ]
            )
    return found


def triggers() -> list[str]:
    """What keeps rows append-only."""
    question = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(question)
        return sorted(name for (name,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
@pytest.mark.thorough
def test_to_nothing_and_back(tmp_path: Path) -> None:
    with shared_database(tmp_path):
        there, guards = schema(), triggers()
        assert guards
        try:
            executor = MigrationExecutor(connection)
            migrated = executor.loader.migrated_apps
            executor.migrate([(app, None) for app in APPS if app in migrated])
            left = [table for table in schema() if table.startswith(APPS)]
            assert left == []
            assert triggers() == []
        finally:
            call_command("migrate", verbosity=0)
        assert schema() == there
        assert triggers() == guards


@pytest.mark.sqlite
@pytest.mark.django_db
def test_hastened_migrations_make_what_the_models_say() -> None:
    """`make run` and the tests migrate in a shorter way than Django's own."""
    plain = DatabaseWrapper({**connection.settings_dict, "NAME": ":memory:"}, connection.alias)
    try:
        with plain.schema_editor(atomic=False) as editor:
            for model in apps.get_models():
                editor.create_model(model)
        expected = schema(plain)
    finally:
        plain.close()
    migrated = schema()
    assert migrated.pop("django_migrations")
    assert migrated == expected


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
