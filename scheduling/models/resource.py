"""Everything that can need maintenance, in a tree."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from accounts.models.organization import validate_time_zone
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.querysets import ResourceQuerySet


class Kind(models.TextChoices):
    """The broad kind of a resource."""

    VENUE = "venue", "Venue"
    ROOM = "room", "Room"
    VEHICLE = "vehicle", "Vehicle"
    EQUIPMENT = "equipment", "Equipment"
    DEVICE = "device", "Device"
    OTHER = "other", "Other"


class Criticality(models.TextChoices):
    """What it costs people when the resource is down."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class ResourceType(TenantModel):
    """A class of like resources (ISO 14224 equipment class), with the attributes that each of them carries.

    `attribute_fields` is a list of `{"key", "label", "type", "required", "unit", "choices"}`; `type` is one of
    text, number, date, boolean, choice. The resource's `attributes` are checked against it.
    """

    code = models.CharField(
        max_length=50,
        validators=[
            RegexValidator(
                r"^[-a-zA-Z0-9_]+\Z",
                "Use letters without accents, digits, hyphens and underscores only, such as air-handling-unit.",
            )
        ],
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.EQUIPMENT)
    attribute_fields = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="scheduling_type_code")
        ]

    def __str__(self) -> str:
        return self.name


class Resource(TenantModel):
    """A room, venue, vehicle, machine or device.

    `path` holds the ids from the root down to and including itself, each followed by `/`, so that a subtree is one
    prefix. `effective_time_zone` is its own zone, else the nearest ancestor's, else the organisation's.
    """

    worked_out = frozenset({"path", "effective_time_zone"})

    class Status(models.TextChoices):
        OPERATIONAL = "operational", "Operational"
        DEGRADED = "degraded", "Degraded"
        UNDER_MAINTENANCE = "under_maintenance", "Under maintenance"
        OUT_OF_SERVICE = "out_of_service", "Out of service"
        RETIRED = "retired", "Retired"

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    type = models.ForeignKey(
        ResourceType, on_delete=models.PROTECT, related_name="resources", null=True, blank=True
    )
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    path = models.CharField(max_length=400, db_index=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="owned_resources",
        null=True,
        blank=True,
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.OPERATIONAL)
    criticality = models.CharField(max_length=10, choices=Criticality, default=Criticality.MEDIUM)
    external_id = models.CharField("number in another system", max_length=100, blank=True)
    description = models.TextField(blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    effective_time_zone = models.CharField(max_length=64, editable=False)

    objects = TenantManager.from_queryset(ResourceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], name="scheduling_resource_code"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="scheduling_resource_external_id",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="scheduling_resource_not_own_parent",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "name", "id"], name="scheduling_resource_by_name"),
            models.Index(fields=["organization", "type"], name="scheduling_resource_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def depth(self) -> int:
        """How many ancestors it has."""
        return self.path.count("/") - 1


class ResourceEntrustment(TenantModel):
    """A venue admin may act on `resource` and everything below it (DOMAIN, "Tenancy, roles, audit")."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="entrustments"
    )
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="entrustments")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["user", "resource"], name="scheduling_entrustment_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.resource}"
