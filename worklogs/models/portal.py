"""How people without work in the system report: the code on the door, and who follows a report."""

from django.core.validators import EmailValidator
from django.db import models
from django.db.models import Q

from core.fields import SealedCharField
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import Resource
from worklogs.models.columns import person
from worklogs.models.order import WorkOrder
from worklogs.querysets import FollowerQuerySet


class PortalCode(TenantModel):
    """What the QR code of a resource's label names: nobody can guess it, and it can be replaced.

    A resource has one that works; those on labels printed before it was replaced are revoked.
    """

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="portal_codes")
    code = models.CharField(max_length=40, unique=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["resource"],
                condition=Q(revoked_at=None),
                name="worklogs_portal_code_one",
            )
        ]

    def __str__(self) -> str:
        return f"Code of {self.resource}"


class WorkOrderFollower(TenantModel):
    """Somebody who reported what an order is about, or said “me too”: a person of the organisation, or anybody at all.

    The address of the latter is personal data and kept sealed; whoever left none follows by the link alone. `words`
    are the reporter's own: others may call the order otherwise, and that is no stranger's business.
    `form_key` names the form that was sent, so that sending it twice reports once.
    """

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="followers")
    user = person(blank=True)
    contact_email = SealedCharField(
        max_length=254,
        blank=True,
        validators=[
            EmailValidator("This is no e-mail address. Leave it empty if you want no mail.")
        ],
    )
    is_reporter = models.BooleanField(default=False)
    words = models.CharField(max_length=200, blank=True, editable=False)
    form_key = models.CharField(max_length=32, null=True, unique=True, editable=False)  # noqa: DJ001 - unique

    objects = TenantManager.from_queryset(FollowerQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "user"],
                condition=Q(user__isnull=False),
                name="worklogs_follower_once",
            ),
        ]
        indexes = [
            # what one person reported or follows
            models.Index(
                fields=["user", "-created_at"],
                condition=Q(user__isnull=False),
                name="worklogs_follower_by_user",
            ),
        ]

    def __str__(self) -> str:
        return f"Who {'reported' if self.is_reporter else 'follows'} {self.work_order}"
