"""Importing by command: what is created, what is refused, and that a second run changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Invalid
from core.models import AuditEntry
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.services.imports import source
from scheduling.models import DueState, Resource, ResourceType, Schedule
from tests import factories
from tests.integrations.conftest import Import
from tests.shared_data import shared_data
from worklogs.models import Log

RESOURCES = """Tag;Asset name;Location;Category;State;Owner
P-1;Pump;PLANT;Pump;Down;{owner}
PLANT;Plant room;;;Operational;
P-2;Spare pump;P-1;Pump;Operational;
"""


def test_resources_in_any_order_and_again(import_text: Import, admin: User, inside: None) -> None:
    text = RESOURCES.format(owner=admin.email).encode("cp1252")

    first = import_text("resources", text, create_types=True)
    again = import_text("resources", text, create_types=True)

    assert "3 created, 0 changed, 0 unchanged, 0 rejected" in first.out
    assert "0 created, 0 changed, 3 unchanged, 0 rejected" in again.out
    pump = Resource.objects.get(code="P-1")
    assert (pump.name, pump.status, pump.owner) == ("Pump", "out_of_service", admin)
    assert pump.parent == Resource.objects.get(code="PLANT")
    assert Resource.objects.get(code="P-2").depth == 2
    assert ResourceType.objects.get().code == "pump"


def test_one_refused_row_keeps_all_out(import_text: Import, inside: None, tmp_path: Path) -> None:
    text = 'code,name,status\nA,"two\nlines",ok\nB,=1+1,sleepy\n'

    with pytest.raises(CommandError, match="Nothing was imported"):
        import_text("resources", text, errors=tmp_path / "errors.csv")

    assert not Resource.objects.exists()
    run = ImportRun.objects.get()
    assert (run.state, run.rejected, run.created) == ("refused", 1, 1)
    assert run.first_problems[0][0] == 4
    errors = (tmp_path / "errors.csv").read_text("utf-8-sig")
    assert errors.splitlines()[0] == "line,problem,code,name,status"
    assert '4,"Status: “sleepy” is not known.' in errors
    assert ",'=1+1,sleepy" in errors


def test_the_good_rows_can_be_kept(import_text: Import, inside: None) -> None:
    said = import_text("resources", "code,name,status\nA,Pump,ok\nB,Fan,sleepy\n", partial=True)

    assert "Partly taken over: 1 created, 0 changed, 0 unchanged, 1 rejected" in said.out
    assert "line 3: Status: “sleepy” is not known." in said.error
    assert list(Resource.objects.values_list("code", flat=True)) == ["A"]
    entry = AuditEntry.objects.get(action="import")
    assert entry.changes["result"] == [None, "partial"]


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("resources", "code,name\nA,Pump\nA,Fan\n"),
        ("resources", "code,external_id,name\nA,7,Pump\nB,7,Fan\n"),
        ("users", "email,name\na@example.org,Ann\nA@example.org,Bea\n"),
        (
            "schedules",
            "title,resource,frequency,start_at\nOil,R,daily,2026-03-04\nOil,R,weekly,2026-03-04\n",
        ),
        (
            "logs",
            "resource,performed_at,notes,external_id\n"
            "R,2026-03-02,done,L1\nR,2026-03-03,other,L1\n",
        ),
        ("logs", "resource,performed_at,notes\nR,2026-03-02,done\nR,2026-03-02,not done\n"),
    ],
)
def test_the_second_row_about_the_same_is_refused(
    import_text: Import, inside: None, entity: str, text: str
) -> None:
    factories.resource(code="R")
    said = import_text(entity, text, partial=True)
    assert "1 created, 0 changed, 0 unchanged, 1 rejected" in said.out
    assert "line 3: Line 2 is about the same already." in said.error
    again = import_text(entity, text, partial=True)
    assert "0 created, 0 changed, 1 unchanged, 1 rejected" in again.out


def test_a_dry_run_writes_nothing(import_text: Import, inside: None) -> None:
    said = import_text("resources", "code,name\nA,Pump\n", dry_run=True)

    assert "Checked, nothing written: 1 created" in said.out
    assert not Resource.objects.exists()
    assert not AuditEntry.objects.filter(action__in=["import", "create"]).exists()


def test_resources_that_stand_below_each_other_are_refused(
    import_text: Import, inside: None
) -> None:
    said = import_text("resources", "code,name,parent\nA,a,B\nB,b,A\nC,c,\n", partial=True)

    assert "1 created, 0 changed, 0 unchanged, 2 rejected" in said.out


def test_a_subtree_moves_with_its_parent(import_text: Import, inside: None) -> None:
    import_text("resources", "code,name,parent\nA,a,\nB,b,A\nC,c,B\nD,d,\n")

    import_text("resources", "code,name,parent\nB,b,D\nC,c renamed,B\n")

    leaf = Resource.objects.get(code="C")
    chain = [Resource.objects.get(code=code).pk.hex for code in ("D", "B", "C")]
    assert (leaf.name, leaf.path) == ("c renamed", "/".join(chain) + "/")


def test_schedules_logs_and_due_dates(import_text: Import, admin: User, inside: None) -> None:
    import_text("resources", "code,name\nP-1,Pump\n")
    schedules = (
        "PM Number,Task,Asset,Recurrence,Start date,Assignee,Estimated Hours\n"
        f"S1,Check,P-1,Monthly,31/01/2026,{admin.email},1.5\n"
    )
    logs = (
        "Asset,Plan,Completed On,Completed By,Remarks\n"
        f"P-1,S1,28/02/2026 10:00,{admin.name},b\n"
        f'P-1,S1,31/01/2026 10:00,{admin.name},"a\nb"\n'
    )

    import_text("schedules", schedules)
    first = import_text("logs", logs)
    again = import_text("logs", logs)

    schedule = Schedule.objects.get()
    assert schedule.start_at == datetime(2026, 1, 31, 7, tzinfo=UTC)
    assert (schedule.assigned_to, schedule.estimated_duration_minutes) == (admin, 90)
    assert "2 created" in first.out
    assert "0 created, 0 changed, 2 unchanged" in again.out
    assert list(Log.objects.order_by("sequence").values_list("notes", flat=True)) == ["a\nb", "b"]
    assert DueState.objects.get().next_due_at == datetime(2026, 3, 31, 6, tzinfo=UTC)
    assert "0 created, 0 changed, 1 unchanged" in import_text("schedules", schedules).out


def test_people_are_invited_and_recognised(import_text: Import, inside: None) -> None:
    text = "E-mail address,First name,Last name,Job\nAnna@Example.org,Anna,Berg,Technician\n"

    import_text("users", text)
    again = import_text("users", text)
    import_text("users", "email,phone\nanna@example.org,123\n")

    anna = User.objects.get()
    assert (anna.email, anna.name, anna.role, anna.phone) == (
        "anna@example.org",
        "Anna Berg",
        Role.TECHNICIAN,
        "123",
    )
    assert not anna.has_usable_password()
    assert "0 created, 0 changed, 1 unchanged" in again.out


def test_nobody_imports_people_above_themselves(
    import_text: Import, user_with: Callable[[Role], User], inside: None
) -> None:
    admin = user_with(Role.ADMIN)

    said = import_text(
        "users",
        "email,role\na@example.org,executive\nb@example.org,technician\n",
        partial=True,
        by=admin.email,
    )

    assert "1 created, 0 changed, 0 unchanged, 1 rejected" in said.out
    assert not User.objects.filter(email="a@example.org").exists()


def test_another_organisations_rows_are_out_of_reach(
    import_text: Import, stranger: Organization, inside: None
) -> None:
    with tenant_scope(stranger.pk):
        factories.resource(code="THEIRS")
        user = factories.user(stranger, role=Role.ADMIN)

    said = import_text(
        "resources",
        f"code,name,parent,owner\nA,a,THEIRS,\nB,b,,{user.email}\nOURS,ours,,\n",
        partial=True,
    )

    assert "1 created, 0 changed, 0 unchanged, 2 rejected" in said.out
    with pytest.raises(CommandError, match="Nobody signs in"):
        import_text("resources", "code,name\nX,x\n", by=user.email)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"code,name\n", "has a heading but no rows"),
        (b"PK\x03\x04abc", "choose “Save as” and the type CSV"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"\x1f\x8b\x08x", "Unpack it first"),
        (b"a\x00b\x01,c\n", "is not a text file"),
        (b"colour\nred\n", "No column gives: Name"),
        (b'code,name\nA,"Pump\nB,Fan\n', "Line 2 cannot be read"),
    ],
)
def test_files_that_cannot_be_read_say_why(
    import_text: Import, content: bytes, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        import_text("resources", content)


def test_a_row_that_says_more_than_the_heading_is_refused(
    import_text: Import, inside: None
) -> None:
    text = "code,name,status\nA,Pump,ok,,\nB,Pump, large,ok\n"

    said = import_text("resources", text, partial=True)

    assert "1 created, 0 changed, 0 unchanged, 1 rejected" in said.out
    assert "line 3: The row has 4 cells, the heading 3." in said.error
    assert list(Resource.objects.values_list("code", "name")) == [("A", "Pump")]


@pytest.mark.parametrize("mapping", ["[1]", '{"code": 1}', "{"])
def test_a_mapping_that_is_none_is_refused(mapping: str) -> None:
    with pytest.raises(CommandError, match="--mapping"):
        call_command("import_csv", "resources", "file.csv", f"--mapping={mapping}")


def test_a_mapping_can_be_given(import_text: Import, inside: None) -> None:
    said = import_text("resources", "x,y\nA,Pump\n", mapping={"x": "code", "y": "name"})
    import_text(
        "resources",
        "code,y,type,maker\nB,Fan,fan,Acme\n",
        map=["y=name", "maker=attributes.maker"],
        create_types=True,
    )

    assert "x → code" in said.out
    assert Resource.objects.get(code="B").attributes == {"maker": "Acme"}
    for mapping, message in (
        ({"z": "code"}, "There is no column “z”"),
        ({"x": "password"}, "“password” is not a field"),
        ({"x": "name", "y": "name"}, "Two columns are meant for the same field"),
    ):
        with pytest.raises(CommandError, match=message):
            import_text("resources", "x,y\nA,Pump\n", mapping=mapping)


def test_doubtful_dates_are_shown_and_can_be_decided(import_text: Import, inside: None) -> None:
    import_text("resources", "code,name\nP-1,Pump\n")

    said = import_text("logs", "Asset,Completed On\nP-1,03/02/2026\n", dry_run=True)
    import_text("logs", "Asset,Completed On\nP-1,02/03/2026\n", dates="mdy")

    assert "Day first: 04/03/2026, which is a guess: set it with --dates" in said.out
    assert Log.objects.get().performed_at == datetime(2026, 2, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("demo-data/telecom/Assets.csv", 18, 10),
        ("demo-data/telecom/Locations.csv", 8, 12),
        ("demo-data/telecom/WorkOrders.csv", 20, 15),
        ("import-templates/en/meter.csv", 8, 3),
        ("import-templates/en/preventive_maintenance.csv", 21, 4),
    ],
)
def test_files_of_another_system_are_counted_right(name: str, columns: int, rows: int) -> None:
    path = shared_data(f"cmms_import/{name}")
    if path is None:
        return

    found = source.inspect(path.read_bytes(), "resources", source.Options())

    assert (len(found.header), found.rows, found.encoding) == (columns, rows, "utf-8")


def test_the_organisation_must_be_named_when_there_are_several(
    organization: Organization, stranger: Organization, tmp_path: Path
) -> None:
    (tmp_path / "f.csv").write_text("code,name\nA,a\n")

    with pytest.raises(CommandError, match="Choose the organisation"):
        call_command("import_csv", "resources", tmp_path / "f.csv")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Invalid, match="is not an encoding"):
        source.inspect(b"code\nA\n", "resources", source.Options(encoding="klingon"))
