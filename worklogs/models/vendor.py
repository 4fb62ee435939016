"""Companies that work for the organisation."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.fields import SealedCharField
from core.models import TenantModel
from core.querysets import TenantManager
from worklogs.querysets import VendorQuerySet


class Vendor(TenantModel):
    """A contractor. What they did is told by their work orders; only `rating`, 1 to 5, is somebody's opinion."""

    name = models.CharField(max_length=200)
    services = models.CharField(
        max_length=300, blank=True, help_text="What they do, such as lifts and escalators."
    )
    contact_name = SealedCharField("contact person", max_length=200, blank=True)
    email = SealedCharField(
        "e-mail", max_length=254, blank=True, validators=[models.EmailField().default_validators[0]]
    )
    phone = SealedCharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    registration_number = models.CharField(max_length=60, blank=True)
    tax_number = models.CharField(max_length=60, blank=True)
    rating = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text="From 1 to 5.",
    )
    is_preferred = models.BooleanField("preferred", default=False)
    is_active = models.BooleanField("active", default=True)

    objects = TenantManager.from_queryset(VendorQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"],
                name="worklogs_vendor_name",
                violation_error_message="There is a vendor of this name already.",
            ),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__range=(1, 5)), name="worklogs_vendor_rating"
            ),
        ]

    def __str__(self) -> str:
        return self.name
