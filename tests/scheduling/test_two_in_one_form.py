"""Two people in one form: who saves last is told what the other changed, and nobody is told for nothing."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.services import records
from core.tenancy import tenant_scope
from scheduling.models import Resource, ResourceType, Schedule, ScheduleException
from scheduling.services import resources
from tests import factories
from tests.console import signed_in
from tests.form_fields import form_fields
from tests.threads import in_threads, shared_database

TOLD = "while you were editing"


@pytest.fixture
def lift(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(name="Guest lift", code="L1")


@pytest.fixture
def ben(organization: Organization) -> User:
    return factories.user(organization, role=Role.ADMIN, name="Ben Ort")


def address(row: Any) -> str:
    return f"/admin/scheduling/{row._meta.model_name}/{row.pk}/change/"


def opened(browser: Client, row: Any) -> dict[str, Any]:
    return form_fields(browser.get(address(row)), f"{row._meta.model_name}_form")


def test_the_sentence_says_who_when_and_what(lift: Resource, ben: User, admin: User) -> None:
    browser = signed_in(admin)
    with time_machine.travel(datetime(2026, 3, 4, 13, 0, tzinfo=UTC)):
        mine = opened(browser, lift) | {"name": ["Lift by the bar"], "code": [""]}
        theirs = opened(signed_in(ben), lift) | {"name": ["Big lift"], "owner": [str(ben.pk)]}
    with time_machine.travel(datetime(2026, 3, 4, 13, 5, tzinfo=UTC)):
        assert signed_in(ben).post(address(lift), theirs).status_code == 302
        answer = browser.post(address(lift), mine)
    page = " ".join(answer.content.decode().split())
    assert f"Ben Ort changed this on Wed 4 Mar 2026, 14:05 {TOLD}: Name, Owner." in page
    assert "Save again to overwrite it with yours" in page
    assert 'value="Lift by the bar"' in page
    assert "This field is required." in page
    again = form_fields(answer, "resource_form") | {"code": ["L2"]}
    assert browser.post(address(lift), again).status_code == 302
    with tenant_scope(lift.organization_id):
        lift.refresh_from_db()
    assert (lift.name, lift.owner_id) == ("Lift by the bar", None)


def test_ones_own_change_in_another_window_is_told_as_such(lift: Resource, admin: User) -> None:
    browser = signed_in(admin)
    first = opened(browser, lift)
    assert browser.post(address(lift), first | {"name": ["One"]}).status_code == 302
    answer = browser.post(address(lift), first | {"name": ["Two"]})
    assert "You changed this elsewhere on" in answer.content.decode()


def test_a_second_click_on_save_bothers_nobody(lift: Resource, admin: User) -> None:
    browser = signed_in(admin)
    sent = opened(browser, lift) | {"name": ["One"]}
    assert [browser.post(address(lift), sent).status_code for _ in range(2)] == [302, 302]


def test_what_is_worked_out_beside_the_form_bothers_nobody(lift: Resource, admin: User) -> None:
    browser = signed_in(admin)
    with tenant_scope(lift.organization_id):
        schedule = factories.schedule(resource=lift)
        sent = opened(browser, schedule)
        later = datetime.now(UTC) + timedelta(days=9)
        Schedule.objects.filter(pk=schedule.pk).update(next_due_at=later, updated_at=later)
    assert browser.post(address(schedule), sent).status_code == 302


def test_rows_amid_the_form_count(organization: Organization, ben: User, admin: User) -> None:
    browser = signed_in(admin)
    with tenant_scope(organization.pk):
        kind: ResourceType = factories.resource_type(name="Lift")
        left_out = factories.resource(type=kind, name="Old lift")
        schedule = factories.schedule(resource=None, resource_type=kind)
        row = ScheduleException(schedule=schedule, resource=left_out, reason="Sold")
        records.create(row, by=ben, now=datetime.now(UTC))
        sent = opened(browser, schedule)
        records.update(row, {"reason": "Scrapped"}, by=ben, now=datetime.now(UTC))
    answer = browser.post(address(schedule), sent)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Ben Ort changed this" in page
    assert f"{TOLD}: Reason of " in page
    again = form_fields(answer, "schedule_form")
    assert browser.post(address(schedule), again).status_code == 302
    with tenant_scope(organization.pk):
        assert ScheduleException.objects.get().reason == "Sold"


def test_rows_that_another_added_amid_the_form_stay(
    organization: Organization, ben: User, admin: User
) -> None:
    browser = signed_in(admin)
    with tenant_scope(organization.pk):
        kind = factories.resource_type(name="Lift")
        lifts = [factories.resource(type=kind) for _ in range(3)]
        schedule = factories.schedule(resource=None, resource_type=kind)
        rows = [ScheduleException(schedule=schedule, resource=lift) for lift in lifts]
        records.create(rows[0], by=ben, now=datetime.now(UTC))
        sent = opened(browser, schedule) | {"exceptions-0-DELETE": ["on"]}
        records.create(rows[1], by=ben, now=datetime.now(UTC))
    more = {"exceptions-TOTAL_FORMS": ["2"], "exceptions-1-resource": [str(lifts[2].pk)]}
    assert browser.post(address(schedule), sent | more).status_code == 302
    with tenant_scope(organization.pk):
        left_out = set(ScheduleException.objects.values_list("resource", flat=True))
    assert left_out == {lifts[1].pk, lifts[2].pk}


def test_a_row_that_another_removed_amid_the_form_is_told(
    organization: Organization, admin: User
) -> None:
    browser = signed_in(admin)
    with tenant_scope(organization.pk):
        kind = factories.resource_type(name="Lift")
        schedule = factories.schedule(resource=None, resource_type=kind)
        row = ScheduleException(schedule=schedule, resource=factories.resource(type=kind))
        records.create(row, by=admin, now=datetime.now(UTC))
        sent = opened(browser, schedule)
        records.delete(row, by=admin, now=datetime.now(UTC))
    page = browser.post(address(schedule), sent).content.decode()
    assert "Somebody removed a row of this form." in page
    assert "Open the form anew" in page


def test_a_change_that_the_trail_does_not_know_is_told_without_a_name(
    lift: Resource, admin: User
) -> None:
    browser = signed_in(admin)
    sent = opened(browser, lift)
    with tenant_scope(lift.organization_id):
        Resource.objects.filter(pk=lift.pk).update(name="Big lift")
    page = browser.post(address(lift), sent).content.decode()
    assert f"This was changed {TOLD}: Name." in page


@pytest.mark.parametrize("seen", ["", " ", "x", "=", "0001-01-01T00:00:00+14:00 name=x", "name=x"])
def test_nonsense_in_the_hidden_field_is_no_error(seen: str, lift: Resource, admin: User) -> None:
    browser = signed_in(admin)
    sent = opened(browser, lift) | {"_seen": [seen], "name": ["Big lift"]}
    assert browser.post(address(lift), sent).status_code in (200, 302)


def test_of_forms_that_arrive_together_one_is_saved(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = factories.organization()
    people = [factories.user(organization, role=Role.ADMIN) for _ in range(4)]
    browsers = [signed_in(one) for one in people]
    with tenant_scope(organization.pk):
        lift = factories.resource(name="Guest lift", code="L1")
    update = resources.update_resource

    def slowly(*args: Any, **values: Any) -> Any:
        time.sleep(0.1)  # long enough for everybody to have compared
        return update(*args, **values)

    monkeypatch.setattr(resources, "update_resource", slowly)
    with shared_database(tmp_path):
        sent = [opened(one, lift) | {"name": [f"Lift {n}"]} for n, one in enumerate(browsers)]
        answers, errors = in_threads(4, lambda n: browsers[n].post(address(lift), sent[n]))
    assert errors == []
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
