"""Files of logs: who may see them, and the end of those that nobody used."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Invalid
from core.models import Attachment
from core.services import attachments
from core.tenancy import tenant_scope
from scheduling.models import Schedule
from tests import factories
from tests.worklogs.conftest import photo, sign_in, upload
from worklogs.models import Log
from worklogs.services import uploads


def status(client: Client, user: User, file: Attachment) -> int:
    sign_in(client, user)
    response = client.get(reverse("core:attachment", args=[file.pk]))
    if response.streaming:
        assert b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return response.status_code


def test_entitled_are_those_who_see_the_log(
    client: Client,
    done: Callable[..., Log],
    schedule: Schedule,
    admin: User,
    stranger: Organization,
    user_with: Callable[[Role], User],
    now: datetime,
) -> None:
    file, unused = upload(admin, now), upload(admin, now)
    done(by=admin, attachments=[file.pk])
    keeper, owner = user_with(Role.VENUE_ADMIN), user_with(Role.REQUESTER)
    assert status(client, admin, file) == 200
    assert status(client, user_with(Role.TECHNICIAN), file) == 200
    assert status(client, keeper, file) == 404
    assert status(client, owner, file) == 404
    assert status(client, factories.user(stranger, role=Role.ADMIN), file) == 404
    assert status(client, admin, unused) == 200
    assert status(client, user_with(Role.ADMIN), unused) == 404
    keeper.entrustments.create(resource=schedule.resource)  # type: ignore[misc]
    assert status(client, keeper, file) == 200


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("photo.jpg", b"<script>alert(1)</script>", "not accepted"),
        ("photo.jpg", b"\x7fELF\x02\x01\x01\x00", "not accepted"),
        ("photo.jpg", photo()[:200], "damaged"),
        ("empty.jpg", b"", "empty"),
    ],
)
def test_files_are_judged_by_content(
    scope: Organization, admin: User, now: datetime, name: str, data: bytes, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        attachments.store(
            upload=SimpleUploadedFile(name, data, "image/jpeg"),
            name=name,
            target_type="log",
            target_id=None,
            by=admin,
            now=now,
        )


def test_files_are_limited_in_size(
    scope: Organization, admin: User, now: datetime, settings: object
) -> None:
    settings.MAX_PHOTO_BYTES = 100  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="at most"):
        upload(admin, now)


def test_unused_uploads_end(
    done: Callable[..., Log],
    admin: User,
    now: datetime,
    stranger: Organization,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    used, unused = upload(admin, now), upload(admin, now)
    done(by=admin, attachments=[used.pk])
    with tenant_scope(stranger.pk):
        theirs = upload(factories.user(stranger), now)
    made = unused.created_at
    assert uploads.remove_unused(now=made + timedelta(hours=47)) == 0
    path, storage = unused.file.name, unused.file.storage
    assert path is not None
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert uploads.remove_unused(now=made + timedelta(hours=49)) == 2
    assert not storage.exists(path)
    assert list(Attachment.objects.values_list("pk", flat=True)) == [used.pk]
    with tenant_scope(stranger.pk):
        assert not Attachment.objects.filter(pk=theirs.pk).exists()
