"""Reporting without signing in: the codes on labels, and the links by which reports are followed.

A code names its resource and nothing else; a link is signed, for one report only, and says nothing about a person.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.urls import reverse

from core import audit
from core.errors import Invalid
from core.services import records
from core.tenancy import all_tenants
from scheduling.models import Resource
from worklogs.models import PortalCode, WorkOrderFollower

if TYPE_CHECKING:
    from accounts.models import User

_CODE = re.compile(r"[A-Za-z0-9_-]{16,40}")
_FOLLOW, _FORM, _KNOWN = "worklogs.follow", "worklogs.report-form", "worklogs.known"
#: Nobody reads and fills in the form faster; a form that lay open longer is loaded anew.
SOONEST, LATEST = timedelta(seconds=2), timedelta(hours=24)


@transaction.atomic
def new_code(resource: Resource, *, by: "User | None", now: datetime) -> PortalCode:
    """Give the resource a code; one that it had is revoked, so that labels printed so far report nothing any more."""
    Resource.objects.select_for_update(of=("self",), no_key=True).get(pk=resource.pk)
    former = PortalCode.objects.filter(resource=resource, revoked_at=None)
    if former.update(revoked_at=now, updated_at=now):
        audit.record("replace code", resource, by=by, now=now)
    row = PortalCode(resource=resource, code=secrets.token_urlsafe(16))
    return records.create(row, by=by, now=now)


def find(code: str) -> PortalCode | None:
    """The code with its resource, while it works; outside of any organisation's scope."""
    if not _CODE.fullmatch(code):
        return None
    with all_tenants(reason="a code on a label is read before anybody's organisation is known"):
        rows = PortalCode.objects.select_related("organization", "resource")
        found: PortalCode | None = rows.filter(code=code, revoked_at=None).first()
    if found is None or found.resource.status == Resource.Status.RETIRED:
        return None
    return found


def label_address(resource: Resource) -> str | None:
    """What the label's QR code opens; none while the resource has no code."""
    codes = PortalCode.objects.filter(resource=resource, revoked_at=None)
    code = codes.values_list("code", flat=True).first()
    return reverse("portal_report", args=[code]) if code else None


# -- links and forms ---------------------------------------------------------------------------------------------------


def follow_address(follower: WorkOrderFollower) -> str:
    """The page on which a report is followed."""
    token = signing.Signer(salt=_FOLLOW).sign_object(
        [follower.organization_id.hex, follower.pk.hex]
    )
    return reverse("portal_follow", args=[token])


def read_follow_token(token: str) -> tuple[UUID, UUID]:
    """The organisation and the follower. Raises `Invalid` for a link that was not made here."""
    try:
        organization, follower = signing.Signer(salt=_FOLLOW).unsign_object(token)
        return UUID(organization), UUID(follower)
    except (signing.BadSignature, ValueError) as error:
        raise Invalid("This link is incomplete. Copy it whole.") from error


def known_key(code: PortalCode, order_id: UUID) -> str:
    """Names an open report to whoever stands before the resource, and to nobody else."""
    return signing.Signer(salt=f"{_KNOWN}:{code.pk}").sign_object(order_id.hex)


def read_known_key(code: PortalCode, key: str) -> UUID:
    """The order. Raises `Invalid` for a key of another code."""
    try:
        return UUID(signing.Signer(salt=f"{_KNOWN}:{code.pk}").unsign_object(key))
    except (signing.BadSignature, ValueError) as error:
        raise Invalid("This report cannot be found. Scan the code again.") from error


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was handed out: `key` is its own, so that it counts once."""

    key: str
    is_too_fast: bool


def form_token(subject: UUID) -> str:
    """What a form to report by carries; `subject` is the code or the person that it was handed out to."""
    signer = signing.TimestampSigner(salt=f"{_FORM}:{subject}")
    return signer.sign_object(secrets.token_hex(16))


def read_form_token(subject: UUID, token: str) -> Form:
    """The form. Raises `Invalid` for one that was not handed out here, or lay open for too long."""
    signer = signing.TimestampSigner(salt=f"{_FORM}:{subject}")
    try:
        key = signer.unsign_object(token, max_age=LATEST)
    except signing.BadSignature as error:
        raise Invalid("This form lay open for too long. Please send it again.") from error
    try:
        signer.unsign_object(token, max_age=SOONEST)
    except signing.SignatureExpired:
        return Form(key, is_too_fast=False)
    return Form(key, is_too_fast=True)
