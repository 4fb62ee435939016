"""Reporting by the code on a label, without signing in, and following what becomes of it."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from accounts.models import Organization
from accounts.rights import Role
from core.models import Attachment, AuditEntry
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.console import signed_in
from tests.worklogs.conftest import NOW, address, form_of, photo
from worklogs.models import PortalCode, WorkOrder, WorkOrderFollower
from worklogs.services import portal, reports

pytestmark = pytest.mark.django_db


def send(client: Client, door: PortalCode, clock: Any, *, after: int = 30, **values: Any) -> Any:
    """Open the page, wait a while, send it."""
    token = values.pop("form", None) or form_of(client.get(address(door)))
    clock.shift(timedelta(seconds=after))
    data = {"form": token, "text": "The tap drips. It is loud.", "category": "plumbing", **values}
    return client.post(address(door), data)


def test_a_report_without_sign_in(door: PortalCode, anybody: Client, time_machine: Any) -> None:
    page = anybody.get(address(door)).content.decode()
    assert "Room 104, First floor" in page
    assert str(door.resource_id) not in page
    sent = send(
        anybody, door, time_machine, contact_email="guest@example.org", safety_concern="on",
        photos=[SimpleUploadedFile("a.jpg", _with_place())],
    )  # fmt: skip
    assert sent.status_code == 302
    order = WorkOrder.objects.get()
    assert (order.title, order.description) == ("The tap drips", "The tap drips. It is loud.")
    assert (order.status, order.category, order.reported_by) == ("reported", "plumbing", None)
    assert order.safety_concern
    assert order.priority == "critical"
    kept = Attachment.objects.get(target_type="work_order", target_id=order.pk)
    assert kept.thumbnail
    with kept.file.open() as opened:
        assert not dict(Image.open(opened).getexif())
    follower = WorkOrderFollower.objects.get()
    assert follower.contact_email == "guest@example.org"
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_email FROM worklogs_workorderfollower")
        assert "guest" not in cursor.fetchone()[0]
    assert "guest@example.org" not in str(list(AuditEntry.objects.values_list("changes")))
    standing = anybody.get(sent["Location"]).content.decode()
    assert "Received." in standing
    assert "#1" not in standing


def _with_place() -> bytes:
    data, picture = io.BytesIO(), Image.new("RGB", (60, 40), "red")
    exif = Image.Exif()
    exif[0x0110] = "Camera of a guest"
    exif.get_ifd(0x8825)[1] = "N"
    picture.save(data, "JPEG", exif=exif)
    return data.getvalue()


def test_the_same_form_reports_once(door: PortalCode, anybody: Client, time_machine: Any) -> None:
    token = form_of(anybody.get(address(door)))
    first = send(anybody, door, time_machine, form=token)
    again = send(anybody, door, time_machine, form=token)
    assert first["Location"] == again["Location"]
    assert WorkOrder.objects.count() == 1


def test_me_too_instead_of_a_duplicate(
    door: PortalCode, anybody: Client, time_machine: Any
) -> None:
    told = WorkOrder(resource=door.resource, title="Tap drips, call Jo on +49 170 1234567")
    reports.submit(told, by=None, now=NOW - timedelta(days=1))
    factories.work_order(resource=door.resource, title="Search the guest's minibar")
    page = anybody.get(address(door)).content.decode()
    assert "Tap drips, call Jo on …" in page
    assert "reported yesterday" in page
    assert "1234567" not in page
    assert "minibar" not in page
    assert page.count("Already reported") == 2  # as text and for those who hear the page
    key = re.search(r'name="known" value="([^"]+)">Me too<span class="unseen">: Tap', page)
    assert key
    assert str(told.pk) not in page
    for client in (anybody, Client()):
        answer = send(client, door, time_machine, known=key[1], text="")
        assert answer.status_code == 302
    assert WorkOrder.objects.count() == 2
    assert told.followers.count() == 3
    assert "by 3 people" in anybody.get(address(door)).content.decode()
    assert "You said “me too”" in anybody.get(answer["Location"]).content.decode()


def test_me_too_only_at_its_own_door(door: PortalCode, anybody: Client, time_machine: Any) -> None:
    other = portal.new_code(factories.resource(), by=None, now=NOW)
    told = WorkOrder(resource=other.resource, title="Lamp broken")
    here = WorkOrder(resource=door.resource, title="Lamp broken")
    for order in (told, here):
        reports.submit(order, by=None, now=NOW)
    forged = f"{portal.known_key(door, here.pk).partition(':')[0]}:made-up"
    for key in (portal.known_key(other, told.pk), portal.known_key(door, told.pk), forged, "x"):
        answer = send(anybody, door, time_machine, known=key)
        assert answer.status_code == 422
    assert told.followers.count() == here.followers.count() == 1


@pytest.mark.parametrize("what", ["unknown", "short", "revoked", "retired", "strange"])
def test_codes_that_do_not_work(door: PortalCode, anybody: Client, what: str) -> None:
    code = door.code
    if what == "revoked":
        fresh = portal.new_code(door.resource, by=None, now=NOW)
        assert anybody.get(f"/r/{fresh.code}/").status_code == 200
    elif what == "retired":
        Resource.objects.filter(pk=door.resource_id).update(status="retired")
    else:
        code = {"unknown": "A" * 22, "short": "x", "strange": "%00%ff" * 8}[what]
    for answer in (anybody.get(f"/r/{code}/"), anybody.post(f"/r/{code}/", {"text": "x"})):
        assert answer.status_code == 404
        assert "This does not work" in answer.content.decode()
    assert not WorkOrder.objects.exists()


def test_switched_off_it_asks_to_sign_in(
    organization: Organization, door: PortalCode, anybody: Client
) -> None:
    organization.portal_enabled = False
    organization.save()
    for answer in (anybody.get(address(door)), anybody.post(address(door), {"text": "x"})):
        assert answer.status_code == 302
        assert answer["Location"] == f"/admin/login/?next={address(door)}"
    sign_in = anybody.get(address(door), follow=True).content.decode()
    assert "Sign in to report" in sign_in
    assert not WorkOrder.objects.exists()


def test_new_organisations_have_it_off(organization: Organization) -> None:
    assert not Organization.objects.get(pk=organization.pk).portal_enabled


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.REQUESTER])
def test_whoever_is_signed_in_is_led_into_the_console(
    door: PortalCode, user_with: Any, role: Role, anybody: Client
) -> None:
    client = signed_in(user_with(role))
    answer = client.get(address(door))
    if role == Role.TECHNICIAN:
        assert answer["Location"] == f"/admin/scheduling/resource/{door.resource_id}/"
        return
    page = client.get(answer["Location"])
    assert page.status_code == 200
    data = {"form": form_of(page), "text": "Lamp flickers", "category": ""}
    sent = client.post(answer["Location"], data, follow=True)
    assert "Received." in sent.content.decode()
    assert WorkOrder.objects.get().reported_by.role == role


def test_people_of_another_organisation_report_as_anybody(
    door: PortalCode, stranger: Organization, anybody: Client, organization: Organization
) -> None:
    client = signed_in(factories.user(stranger, role=Role.ADMIN))
    assert client.get(address(door)).status_code == 200
    organization.portal_enabled = False
    organization.save()
    assert client.get(address(door)).status_code == 404


def test_machines_are_kept_out(door: PortalCode, anybody: Client, time_machine: Any) -> None:
    trapped = send(anybody, door, time_machine, website="https://buy.example")
    assert trapped.status_code == 422
    assert "no machine" in trapped.content.decode()
    fast = send(anybody, door, time_machine, after=0)
    assert fast.status_code == 422
    assert "very fast" in fast.content.decode()
    late = send(anybody, door, time_machine, after=100_000)
    assert "open for too long" in late.content.decode()
    for forged in ("", "nonsense", portal.form_token(door.resource_id)):
        data = {"form": forged, "text": "x"}
        assert anybody.post(address(door), data).status_code == 422
    assert not WorkOrder.objects.exists()


@pytest.mark.parametrize("limit", ["ADDRESS", "CODE", "ORGANIZATION"])
def test_too_many_reports_have_to_wait(
    door: PortalCode, anybody: Client, time_machine: Any, limit: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(f"worklogs.pages.portal.MOST_BY_{limit}", 2)
    codes = [send(anybody, door, time_machine).status_code for _ in range(2)]
    assert codes == [302, 302]
    other = portal.new_code(factories.resource(), by=None, now=NOW)
    elsewhere = other if limit != "CODE" else door
    stopped = send(anybody, elsewhere, time_machine)
    assert stopped.status_code == 429
    assert "<h1>Not now</h1>" in stopped.content.decode()
    assert int(stopped["Retry-After"]) > 0
    assert WorkOrder.objects.count() == 2
    fresh = Client(REMOTE_ADDR="192.0.2.7")
    assert send(fresh, elsewhere, time_machine).status_code == (302 if limit == "ADDRESS" else 429)


def test_who_looks_too_often_waits(door: PortalCode, anybody: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("worklogs.pages.portal.MOST_LOOKS", 2)
    assert [anybody.get(address(door)).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("fake.jpg", b"<script>alert(1)</script>", "Only photos"),
        ("broken.jpg", photo()[:200], "damaged"),
        ("plan.pdf", b"%PDF-1.4\n%%EOF\n", "Only photos"),
        ("virus.png", b"MZ\x90\x00" + bytes(200), "Only photos"),
        ("big.jpg", photo() + bytes(3000), "at most"),
    ],
)
def test_files_that_are_no_photos_are_refused(
    door: PortalCode, anybody: Client, time_machine: Any, name: str, data: bytes, said: str,
    settings: Any,
) -> None:  # fmt: skip
    settings.MAX_PHOTO_BYTES = 2000
    answer = send(anybody, door, time_machine, photos=[SimpleUploadedFile(name, data)])
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "choose your photos again" in answer.content.decode()
    assert not WorkOrder.objects.exists()


def test_too_many_and_too_large_are_refused_in_words(
    door: PortalCode, anybody: Client, time_machine: Any, monkeypatch: Any
) -> None:
    many = [SimpleUploadedFile(f"{number}.jpg", photo()) for number in range(6)]
    assert send(anybody, door, time_machine, photos=many).status_code == 422
    monkeypatch.setattr("worklogs.pages.portal.MOST_BYTES", 500)
    large = send(anybody, door, time_machine, text="x" * 2000)
    assert large.status_code == 413
    assert "too large" in large.content.decode()
    assert not WorkOrder.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"text": ""},
        {"text": "  \x00 "},
        {"text": "x" * 2001},
        {"category": "nonsense"},
        {"contact_email": "no address"},
        {"contact_email": "a" * 300 + "@example.org"},
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    door: PortalCode, anybody: Client, time_machine: Any, values: dict[str, Any]
) -> None:
    answer = send(anybody, door, time_machine, **values)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not WorkOrder.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=" + "y" * 300, b""),
        ("application/json", b"{"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"known=%ff%00"),
        ("text/plain", b"\xff\xfe\x00"),
    ],
)
def test_garbage_is_answered(
    door: PortalCode, anybody: Client, content_type: str, body: bytes
) -> None:
    follower = reports.submit(WorkOrder(resource=door.resource, title="Lamp"), by=None, now=NOW)
    for path in (address(door), portal.follow_address(follower)):
        answer = anybody.generic("POST", path, body, content_type)
        assert answer.status_code in {400, 422}
    assert anybody.put(address(door)).status_code == 405


def test_replacing_the_code_takes_the_right_to_change_the_resource(
    door: PortalCode, user_with: Any, stranger: Organization
) -> None:
    path = f"/admin/scheduling/resource/{door.resource_id}/label/replace/"
    assert signed_in(user_with(Role.TECHNICIAN)).post(path).status_code == 403
    foreign = signed_in(factories.user(stranger, role=Role.ADMIN))
    assert foreign.post(path).status_code == 404
    assert signed_in(user_with(Role.ADMIN)).post(path).status_code == 302
    with tenant_scope(door.organization_id):
        assert PortalCode.objects.filter(revoked_at=None).count() == 1
        assert portal.find(door.code) is None
    assert AuditEntry.objects.filter(action="replace code").count() == 1


def test_looking_at_a_label_makes_no_code(scope: Organization, user_with: Any) -> None:
    """Whoever may change the resource makes it, by a click; then there is something to print."""
    room = factories.resource()
    path = f"/admin/scheduling/resource/{room.pk}/label/"
    desk, hands = signed_in(user_with(Role.ADMIN)), signed_in(user_with(Role.TECHNICIAN))
    assert "Make the code" in desk.get(path).content.decode()
    shown = hands.get(path).content.decode()
    assert "has no code yet" in shown
    assert "Print" not in shown
    assert not PortalCode.objects.exists()
    shown = desk.post(f"{path}replace/", follow=True).content.decode()
    code = PortalCode.objects.get()
    assert (code.resource, code.revoked_at) == (room, None)
    assert "<svg" in shown
    assert "<svg" in hands.get(path).content.decode()
    assert not AuditEntry.objects.filter(action="replace code").exists()
