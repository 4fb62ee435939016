"""`check_due` and `rebuild_due_dates`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import DueState
from tests import factories
from tests.scheduling.conftest import utc


def output(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def due(organization: Organization) -> Organization:
    with tenant_scope(organization.pk):
        factories.schedule(start_at=utc(2026, 3, 4, 7))
    return organization


def test_check_due_prints_the_figures(due: Organization) -> None:
    arguments = ("check_due", "--organization", due.slug, "--now", "2026-03-04T06:00Z")
    first = json.loads(output(*arguments))
    assert (first["organization"], first["checked"], first["due_today"]) == (due.slug, 1, 1)
    assert set(first) >= {"sent", "failed", "seconds", "due_tomorrow", "overdue", "missed"}
    assert json.loads(output(*arguments))["checked"] == 0


def test_check_due_serves_every_organisation(due: Organization, stranger: Organization) -> None:
    Organization.objects.filter(pk=stranger.pk).update(maintenance_scheduling_enabled=False)
    runs = json.loads(output("check_due", "--now", "2026-03-04T06:00"))
    assert [run["organization"] for run in runs] == [due.slug]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--organization", "nobody"], "no organisation"),
        (["--now", "yesterday"], "is not a moment"),
        (["--now", "2026-13-01T00:00"], "is not a moment"),
        (["--now", "0001-01-01T00:00Z"], "Choose a year"),
        (["--now", "9999-12-31T23:59Z"], "Choose a year"),
        (["--organization", "stranger"], "not enabled"),
    ],
)
def test_check_due_explains_wrong_input(
    stranger: Organization, arguments: list[str], words: str
) -> None:
    Organization.objects.filter(pk=stranger.pk).update(maintenance_scheduling_enabled=False)
    with pytest.raises(CommandError, match=words):
        output("check_due", *arguments)


def test_rebuild_due_dates_checks_and_mends(due: Organization) -> None:
    assert "Every stored due date" in output("rebuild_due_dates", "--check")
    with tenant_scope(due.pk):
        DueState.objects.update(next_due_at=utc(2030, 1, 1))
    with pytest.raises(CommandError, match="differences"):
        output("rebuild_due_dates", "--check")
    assert "mended" in output("rebuild_due_dates", "--organization", due.slug)
    assert "Every stored due date" in output("rebuild_due_dates", "--check")
    with pytest.raises(CommandError, match="no organisation"):
        output("rebuild_due_dates", "--organization", "nobody")
