"""Files: taken by content, stripped of what cameras add, shown to those entitled."""

import hashlib
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from accounts.models import Organization, User
from core.errors import Invalid
from core.models import Attachment, AuditEntry
from core.rules import documents, photos
from core.services import attachments
from core.tenancy import TenantScopeMissing, tenant_scope
from tests.console import signed_in
from tests.core.conftest import person

TARGET = uuid4()
ORIENTATION, GPS = 0x0112, 0x8825


@pytest.fixture(autouse=True)
def store_in(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(attachments, "_targets", {})
    attachments.register_target("pump", may_view=lambda user, target_id: user.name == "anna")
    return tmp_path


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 400), **options: Any) -> bytes:
    made = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    image.save(made, kind, **options)
    return made.getvalue()


def office(part: str, **more: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", part, *more.values()):
            archive.writestr(name, "<x/>")
    return made.getvalue()


def store(
    data: bytes, name: str, by: Any, now: datetime, target: UUID | None = TARGET
) -> Attachment:
    upload = SimpleUploadedFile(name, data, "text/html")
    return attachments.store(
        upload=upload, name=name, target_type="pump", target_id=target, by=by, now=now
    )


def content(stored: Any) -> bytes:
    with stored.open("rb") as opened:
        return bytes(opened.read())


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_photos_are_known_by_their_content(
    kind: str, content_type: str, anna: User, scope: Any, now: datetime
) -> None:
    row = store(picture(kind), "leak.exe", anna, now)
    assert (row.kind, row.content_type, row.name) == ("photo", content_type, "leak.exe")
    stored = content(row.file)
    assert (row.size, row.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert str(row.file.name).startswith(f"{scope}/pump/")
    assert "leak" not in str(row.file.name)
    with Image.open(io.BytesIO(content(row.thumbnail))) as small:
        assert (small.format, max(small.size)) == ("WEBP", 320)
    assert AuditEntry.objects.get().action == "upload"


def test_photos_are_turned_upright_and_lose_place_and_comments(
    anna: User, scope: Any, now: datetime
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(GPS)[1] = "N"
    row = store(picture(exif=exif, comment=b"private note"), "a.jpg", anna, now)
    stored = content(row.file)
    with Image.open(io.BytesIO(stored)) as kept:
        assert kept.size == (400, 640)
        assert not kept.getexif()
    assert b"SecretCamera" not in stored
    assert b"private note" not in stored


def test_text_inside_a_png_is_dropped(anna: User, scope: Any, now: datetime) -> None:
    note = PngInfo()
    note.add_text("Comment", "private note")
    row = store(picture("PNG", pnginfo=note), "a.png", anna, now)
    assert b"private note" not in content(row.file)


def test_transparent_and_palette_pictures_work() -> None:
    for mode, kind in (
        ("RGBA", "PNG"),
        ("P", "GIF"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
        ("1", "PNG"),
        ("I;16", "PNG"),
    ):
        made = io.BytesIO()
        Image.new(mode, (50, 50)).save(made, kind)
        photo = photos.read_photo(made.getvalue())
        assert photo is not None
        assert photo.thumbnail


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("a.bin", b"%PDF-1.7 ...", documents.PDF),
        ("a.zip", office("word/document.xml"), documents.WORD),
        ("a.zip", office("xl/workbook.xml"), documents.EXCEL),
        ("a.csv", "Größe;Preis\n".encode(), documents.CSV),
        ("a", "Größe".encode("latin-1"), documents.TEXT),
    ],
)
def test_documents_are_known_by_their_content(
    name: str, data: bytes, content_type: str, anna: User, scope: Any, now: datetime
) -> None:
    row = store(data, name, anna, now)
    assert (row.kind, row.content_type, row.thumbnail.name) == ("document", content_type, "")
    assert content(row.file) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00\x03",
        b"\x00\x01\x02",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"\xef\xbb\xbf  <svg onload=alert(1)>",
        b"PK\x03\x04broken",
        office("evil/thing.bin"),
        office("word/document.xml", macro="word/vbaProject.bin"),
        picture()[:200],
        picture("PNG")[:60],
        b"GIF89a" + b"\x00" * 20,
    ],
)
def test_other_files_are_refused(
    data: bytes, anna: User, scope: Any, now: datetime, store_in: Path
) -> None:
    with pytest.raises(Invalid) as caught:
        store(data, "a.pdf", anna, now)
    assert str(caught.value).endswith(".")
    assert not Attachment.objects.exists()
    assert not list(store_in.rglob("*.*"))


def test_size_has_limits(anna: User, scope: Any, now: datetime, settings: Any) -> None:
    settings.MAX_PHOTO_BYTES, settings.MAX_DOCUMENT_BYTES = 500, 50_000
    with pytest.raises(Invalid, match="photo may have at most"):
        store(picture(), "a.jpg", anna, now)
    with pytest.raises(Invalid, match="larger than"):
        store(b"x" * 50_001, "a.txt", anna, now)
    assert store(b"x" * 50_000, "a.txt", anna, now).size == 50_000


def test_a_decompression_bomb_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = picture("PNG", size=(9_000, 7_000))
    with pytest.raises(photos.PhotoRefused, match="60 million"):
        photos.read_photo(bomb)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with pytest.raises(photos.PhotoRefused, match="too large"):
        photos.read_photo(picture())


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\secret\\passwd", "a\x00/pass\nwd"])
def test_names_are_tidied(name: str, anna: User, scope: Any, now: datetime) -> None:
    row = attachments.store(
        upload=io.BytesIO(b"x"), name=name, target_type="pump", target_id=TARGET, by=anna, now=now
    )
    assert row.name == "passwd"


def test_a_refused_row_leaves_no_file(
    anna: User, scope: Any, now: datetime, store_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr("core.audit.record", broken)
    with pytest.raises(DatabaseError):
        store(picture(), "a.jpg", anna, now)
    assert not list(store_in.rglob("*.*"))


def test_targets_and_scope_are_needed(anna: User, scope: Any, now: datetime) -> None:
    with pytest.raises(Invalid, match="cannot be attached"):
        attachments.store(
            upload=io.BytesIO(b"x"), name="a", target_type="moon", target_id=None, by=anna, now=now
        )


def test_without_a_scope_nothing_is_stored(anna: User, now: datetime) -> None:
    with pytest.raises(TenantScopeMissing):
        store(b"x", "a.txt", anna, now)


def test_files_uploaded_beforehand_are_attached_once(
    anna: User, mine: Organization, scope: Any, now: datetime
) -> None:
    berta = person(mine, "berta@adler.example")
    row = store(b"x", "a.txt", anna, now, target=None)
    assert attachments.may_view(anna, row)
    assert not attachments.may_view(berta, row)
    with pytest.raises(Invalid):
        attachments.attach([row.pk], target_type="pump", target_id=TARGET, by=berta, now=now)
    assert attachments.attach([row.pk], target_type="pump", target_id=TARGET, by=anna, now=now) == 1
    with pytest.raises(Invalid):
        attachments.attach([row.pk], target_type="pump", target_id=uuid4(), by=anna, now=now)
    row.refresh_from_db()
    assert row.target_id == TARGET


@pytest.fixture
def photo(anna: User, mine: Organization, now: datetime) -> Attachment:
    with tenant_scope(mine.pk):
        return store(picture(), "leak ä.jpg", anna, now)


@pytest.fixture
def browser(anna: User) -> Client:
    return signed_in(anna)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_photos_are_shown_inline_and_cannot_run(browser: Client, photo: Attachment) -> None:
    response = browser.get(f"/attachments/{photo.pk}/")
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''leak")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].endswith("; sandbox")
    assert response["Cache-Control"] == "private, max-age=3600"
    assert hashlib.sha256(body(response)).hexdigest() == photo.sha256
    small = browser.get(f"/attachments/{photo.pk}/thumbnail/")
    assert small["Content-Type"] == "image/webp"
    assert body(small)[8:12] == b"WEBP"


def test_documents_are_downloaded(browser: Client, anna: User, now: datetime) -> None:
    with tenant_scope(anna.organization_id):
        text, pdf = store(b"x", "a.txt", anna, now), store(b"%PDF-1", "a.pdf", anna, now)
    response = browser.get(f"/attachments/{text.pk}/")
    assert response["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert body(response) == b"x"
    response = browser.get(f"/attachments/{pdf.pk}/")
    assert response["Content-Disposition"] == 'inline; filename="a.pdf"'
    assert body(response) == b"%PDF-1"
    assert browser.get(f"/attachments/{pdf.pk}/thumbnail/").status_code == 404


def test_files_are_hidden_from_everybody_else(
    photo: Attachment, mine: Organization, otto: User
) -> None:
    address = f"/attachments/{photo.pk}/"
    assert Client().get(address).status_code == 302
    for user in (otto, person(mine, "berta@adler.example")):
        client = signed_in(user)
        assert client.get(address).status_code == 404
        assert client.get(f"{address}thumbnail/").status_code == 404
        assert client.post(address).status_code in {403, 405}


def test_a_lost_file_is_not_found(browser: Client, photo: Attachment) -> None:
    photo.file.storage.delete(str(photo.file.name))
    assert browser.get(f"/attachments/{photo.pk}/").status_code == 404


def test_an_unregistered_target_shows_nobody_anything(
    browser: Client, photo: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_targets", {})
    assert browser.get(f"/attachments/{photo.pk}/").status_code == 404
