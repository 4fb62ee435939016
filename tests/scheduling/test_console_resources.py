"""Resources, their types and the due checks in the console."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment
from core.tenancy import tenant_scope
from scheduling.models import DueCheckRun, Resource, ResourceEntrustment, ResourceType
from scheduling.pages.resource_tabs import attributes_of
from scheduling.services import occurrences
from tests import factories
from tests.console import signed_in
from tests.scheduling.conftest import utc

LIST, TYPES = "/admin/scheduling/resource/", "/admin/scheduling/resourcetype/"
TABS = ("summary", "schedules", "dates", "below", "log", "files", "history")
FIELDS = [
    {"key": "load", "label": "Load", "type": "number", "required": True, "unit": "kg"},
    {"key": "outdoor", "label": "Outdoor", "type": "boolean"},
    {"key": "drive", "label": "Drive", "type": "choice", "choices": ["rope", "hydraulic"]},
]


@pytest.fixture
def lifts(scope: Organization) -> ResourceType:
    return factories.resource_type(name="Lift", attribute_fields=FIELDS)


def form_data(**values: Any) -> dict[str, Any]:
    return {
        "name": "Lift 1",
        "code": "L1",
        "status": "operational",
        "criticality": "high",
        "entrustments-TOTAL_FORMS": "0",
        "entrustments-INITIAL_FORMS": "0",
        **values,
    }


def test_create_with_typed_attributes(console: Client, lifts: ResourceType) -> None:
    data = form_data(type=str(lifts.pk), **{"attribute-load": "630", "attribute-outdoor": "yes"})
    answer = console.post(f"{LIST}add/", data)
    lift = Resource.objects.get()
    assert answer["Location"] == f"{LIST}{lift.pk}/"
    assert lift.attributes == {"load": 630, "outdoor": True}
    page = console.get(answer["Location"]).content.decode()
    for text in ("Lift 1", "630 kg", "Operational", "No schedule covers it"):
        assert text in page
    assert "Created" in console.get(f"{answer['Location']}?tab=history").content.decode()
    form = console.get(f"{LIST}{lift.pk}/change/").content.decode()
    assert 'name="attribute-load" value="630"' in form


def test_wrong_attributes_are_explained_and_kept(console: Client, lifts: ResourceType) -> None:
    data = form_data(type=str(lifts.pk), **{"attribute-load": "heavy", "attribute-drive": "rope"})
    page = console.post(f"{LIST}add/", data).content.decode()
    assert "is not a number" in page
    assert 'value="heavy"' in page
    assert "<option selected>rope</option>" in page
    assert not Resource.objects.exists()


def test_inputs_follow_the_chosen_type(console: Client, lifts: ResourceType) -> None:
    address = f"{LIST}attributes/"
    page = console.post(address, {"type": str(lifts.pk), "attribute-load": "5"}).content.decode()
    assert "Load (kg)" in page
    assert 'value="5"' in page
    assert "Choose a type" in console.post(address, {"type": ""}).content.decode()
    assert "Choose a type" in console.post(address, {"type": "x"}).content.decode()


def test_list_shows_place_and_bulk_status(console: Client, scope: Organization) -> None:
    top = factories.resource(name="Hotel")
    floor = factories.resource(name="Floor 1", parent=top)
    room = factories.resource(name="Room 101", parent=floor)
    page = console.get(LIST).content.decode()
    assert "Hotel › Floor 1" in page
    below = console.get(LIST, {"below": str(floor.pk)}).content.decode()
    assert "Room 101" in below
    console.post(LIST, {"action": "out_of_service", "_selected_action": [str(room.pk)]})
    room.refresh_from_db()
    assert room.status == "out_of_service"
    export = console.post(LIST, {"action": "export", "_selected_action": [str(room.pk)]})
    assert b"Room 101" in b"".join(export)


def test_list_costs_the_same_for_any_number_of_rows(console: Client, lifts: ResourceType) -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            factories.resource(parent=factories.resource(parent=factories.resource()))
        with CaptureQueriesContext(connection) as queries:
            assert console.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_detail_costs_the_same_for_any_number_of_schedules(
    console: Client, lifts: ResourceType
) -> None:
    lift = factories.resource()
    counts = []
    for _ in range(2):
        for _ in range(5):
            factories.schedule(resource=lift)
            factories.resource(parent=lift)
        with CaptureQueriesContext(connection) as queries:
            for tab in TABS:
                assert console.get(f"{LIST}{lift.pk}/?tab={tab}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 46  # seven pages


def test_each_tab_shows_its_part_and_loads_no_other(
    console: Client, scope: Organization, admin: User
) -> None:
    lift = factories.resource(name="Lift", attributes={"load": "630 kg"})
    factories.resource(parent=lift, name="Motor of the lift")
    schedule = factories.schedule(
        resource=lift, title="Grease", start_at=timezone.now() - timedelta(days=40)
    )
    occurrences.skip(
        schedule_id=schedule.pk,
        resource_id=lift.pk,
        reason="Closed for winter",
        by=admin,
        now=timezone.now(),
    )
    said = {
        "summary": ("What happens next", "Grease", "630 kg", "No work has been logged here yet"),
        "schedules": ("Those that cover it", "Grease"),
        "dates": ("Those that came due", "Closed for winter", "Skipped"),
        "below": ("Motor of the lift",),
        "log": ("Open in logs",),
        "files": ("Choose photos or documents",),
        "history": ("What was done, closed and changed", "skipped"),
    }
    for tab, texts in said.items():
        page = console.get(f"{LIST}{lift.pk}/?tab={tab}").content.decode()
        assert f'href="?tab={tab}" aria-current="page"' in page
        for other, words in said.items():
            assert (words[0] in page) is (other == tab)
        assert all(text in page for text in texts), tab
    for unknown in ("?tab=x", "?tab=%00", ""):
        assert "What happens next" in console.get(f"{LIST}{lift.pk}/{unknown}").content.decode()


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_photos_are_kept_and_shown(console: Client, scope: Organization) -> None:
    lift = factories.resource()
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "PNG")
    photo = SimpleUploadedFile("plate.png", drawn.getvalue(), "image/png")
    answer = console.post(f"{LIST}{lift.pk}/photo/", {"file": photo}, follow=True)
    kept = Attachment.objects.get(target_type="resource", target_id=lift.pk)
    assert f"/attachments/{kept.pk}/" in answer.content.decode()
    assert f"/attachments/{kept.pk}/thumbnail" in console.get(f"{LIST}{lift.pk}/").content.decode()
    file: Any = console.get(f"/attachments/{kept.pk}/")
    assert (file.status_code, file["Content-Type"]) == (200, "image/png")
    assert b"".join(file.streaming_content)  # read to its end, the file closes itself
    program = SimpleUploadedFile("run.exe", b"MZ\x90\x00", "image/png")
    refused = console.post(f"{LIST}{lift.pk}/photo/", {"file": program}, follow=True)
    assert "This kind of file is not accepted" in refused.content.decode()


def test_photos_are_for_those_who_see_the_resource(
    console: Client, user_with: Callable[[Role], User], scope: Organization
) -> None:
    lift = factories.resource()
    upload = SimpleUploadedFile("notes.txt", b"Type plate: 630 kg", "text/plain")
    console.post(f"{LIST}{lift.pk}/photo/", {"file": upload})
    kept = Attachment.objects.get()
    requester = signed_in(user_with(Role.REQUESTER))
    assert requester.get(f"/attachments/{kept.pk}/").status_code == 404


def test_label_carries_name_code_and_address(console: Client, scope: Organization) -> None:
    lift = factories.resource(name="Lift <1>", code="L-77")
    page = console.post(f"{LIST}{lift.pk}/label/replace/", follow=True).content.decode()
    for text in ("Lift &lt;1&gt;", "L-77", "<svg"):
        assert text in page


def test_types_are_declared_without_json(console: Client, scope: Organization) -> None:
    data = {
        "name": "Lift",
        "code": "lift",
        "kind": "equipment",
        "attribute_fields-key": ["", "", ""],
        "attribute_fields-label": ["Load", "Drive", ""],
        "attribute_fields-type": ["number", "choice", "text"],
        "attribute_fields-unit": ["kg", "", ""],
        "attribute_fields-choices": ["", "rope, hydraulic", ""],
        "attribute_fields-required": ["true", "false", "false"],
    }
    assert console.post(f"{TYPES}add/", data).status_code == 302
    load, drive = ResourceType.objects.get().attribute_fields
    assert (load["key"], load["required"], load["unit"]) == ("load", True, "kg")
    assert drive["choices"] == ["rope", "hydraulic"]
    page = console.get(f"{TYPES}{ResourceType.objects.get().pk}/change/").content.decode()
    assert "rope, hydraulic" in page
    data["attribute_fields-choices"] = ["", "", ""]
    again = console.post(f"{TYPES}add/", {**data, "code": "lift2"}).content.decode()
    assert "needs at least one choice" in again
    assert 'value="Drive"' in again


def test_venues_are_entrusted_on_the_page(
    console: Client, user_with: Callable[[Role], User], scope: Organization
) -> None:
    person = user_with(Role.VENUE_ADMIN)
    data = form_data(**{"entrustments-TOTAL_FORMS": "1", "entrustments-0-user": str(person.pk)})
    assert console.post(f"{LIST}add/", data).status_code == 302
    assert ResourceEntrustment.objects.get().user == person


def test_run_the_check_now(console: Client, scope: Organization) -> None:
    address = "/admin/scheduling/duecheckrun/"
    assert "The check has not run yet" in console.get(address).content.decode()
    factories.schedule(start_at=utc(2026, 1, 5))
    page = console.post(f"{address}run/", follow=True).content.decode()
    assert "1 newly overdue" in page
    assert "Finished" in page
    assert DueCheckRun.objects.get().started_by is not None


def test_another_organisation_answers_404(console: Client, stranger: Organization) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.resource()
    for path in ("", "label/"):
        assert console.get(f"{LIST}{theirs.pk}/{path}").status_code == 404
    assert console.post(f"{LIST}{theirs.pk}/photo/").status_code == 404


@pytest.mark.parametrize(
    ("value", "shown"), [("2027-06-30", "Wed 30 Jun 2027"), ("next summer", "next summer")]
)
def test_a_date_among_the_attributes_is_written_as_people_do(
    scope: Organization, value: str, shown: str
) -> None:
    """Also where the type declared a date only after the value was given."""
    kind = factories.resource_type(name="Lift")
    lift = factories.resource(type=kind)
    kind.attribute_fields = [{"key": "until", "label": "Valid until", "type": "date"}]
    lift.attributes, lift.type = {"until": value}, kind
    assert attributes_of(lift) == [("Valid until", shown)]


def test_the_zone_is_chosen_from_a_list(console: Client) -> None:
    page = console.get("/admin/scheduling/resource/add/").content.decode()
    assert re.search(r'<select name="time_zone"[^>]*>\s*<option value="" selected', page)
    assert '<option value="America/New_York">America/New York</option>' in page


def test_the_button_for_another_row_reads_like_a_sentence(console: Client) -> None:
    page = unescape(console.get("/admin/scheduling/resource/add/").content.decode())
    assert '"addText": "Add another entrusted person"' in page
