"""Certificates: kept with the skill that they prove, and told about before they end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Certificate, Organization, PersonSkill, Skill, User
from core import outbox
from core.services import records
from core.sweeps import in_each
from core.tenancy import all_tenants, current_organization_id

_BATCH = 500


@transaction.atomic
def add_certificate(certificate: Certificate, *, by: User | None, now: datetime) -> Certificate:
    """Add a certificate; whoever has it has the skill."""
    records.create(certificate, by=by, now=now)
    held = {"user": certificate.user, "skill": certificate.skill}
    if not PersonSkill.objects.filter(**held).exists():
        records.create(PersonSkill(**held), by=by, now=now)
    return certificate


def change_certificate(
    certificate: Certificate, changes: Mapping[str, Any], *, by: User | None, now: datetime
) -> Certificate:
    """Change what it says; another end is told about anew."""
    is_moved = changes.get("expires_on", certificate.expires_on) != (
        Certificate.objects.values_list("expires_on", flat=True).get(pk=certificate.pk)
    )
    wanted = {**changes, "warned_at": None} if is_moved else changes
    return records.update(certificate, wanted, by=by, now=now)


def warn_organizations(*, now: datetime) -> int:
    """Publish `accounts.certificate.expiring` for what ends soon, in every organisation; returns how many."""
    with all_tenants(reason="the sweep looks at certificates of every organisation"):
        found = list(Organization.objects.values_list("pk", flat=True))

    def one() -> int:
        key: Any = current_organization_id()
        return warn(zone=Organization.objects.get(pk=key).time_zone, now=now)

    return in_each(found, one)


@transaction.atomic
def warn(*, zone: str, now: datetime) -> int:
    """The same in the organisation in scope; nobody hears of one that a later one follows, or of somebody who left."""
    today = now.astimezone(ZoneInfo(zone)).date()
    told = 0
    for days in Skill.objects.values_list("warn_days", flat=True).distinct():
        until = today + timedelta(days=days)
        rows = _unfollowed().filter(skill__warn_days=days, expires_on__lte=until)
        for certificate in rows.select_for_update(of=("self",), no_key=True)[:_BATCH]:
            certificate.warned_at = now
            certificate.save(update_fields=["warned_at"])
            outbox.publish(
                "accounts.certificate.expiring",
                {"certificate_id": certificate.pk},
                organization_id=certificate.organization_id,
                now=now,
            )
            told += 1
    return told


def _unfollowed() -> Any:
    later = Certificate.objects.filter(
        Q(expires_on=None) | Q(expires_on__gt=OuterRef("expires_on")),
        user=OuterRef("user"),
        skill=OuterRef("skill"),
    )
    return Certificate.objects.filter(
        ~Exists(later),
        user__is_active=True,
        skill__needs_certificate=True,
        warned_at=None,
        expires_on__isnull=False,
    ).order_by("pk")
