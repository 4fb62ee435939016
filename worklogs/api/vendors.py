"""`vendors`: companies that work for the organisation, with figures computed from their work orders."""

from datetime import timedelta
from typing import Any, ClassVar

from rest_framework import serializers

from accounts.rights import Right
from core.api.serializers import TenantSerializer
from core.api.viewsets import CrudViewSet
from worklogs.models import Vendor

_GIVEN = (
    *("name", "services", "contact_name", "email", "phone", "address"),
    *("registration_number", "tax_number", "rating", "is_preferred", "is_active"),
)


class VendorRead(TenantSerializer):
    """`average_cost` and `average_hours`, from the report on, are of the `completed_jobs`; null while there is none."""

    total_jobs = serializers.IntegerField()
    completed_jobs = serializers.IntegerField()
    average_cost = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    average_hours = serializers.SerializerMethodField()

    class Meta:
        model = Vendor
        fields: ClassVar[Any] = [
            *("id", *_GIVEN, "total_jobs", "completed_jobs", "average_cost", "average_hours"),
            *("created_at", "updated_at"),
        ]
        read_only_fields = fields

    def get_average_hours(self, vendor: Any) -> float | None:
        """From the report to the completion."""
        time: timedelta | None = vendor.average_time
        return None if time is None else round(time.total_seconds() / 3600, 1)


class VendorInput(TenantSerializer):
    class Meta:
        model = Vendor
        fields: ClassVar[Any] = list(_GIVEN)


class VendorViewSet(CrudViewSet):
    """Contractors. Those with work orders are kept: switch them off by `is_active`."""

    model = Vendor
    serializer_class = VendorRead
    input_serializer_class = VendorInput
    ordering_fields: ClassVar[Any] = {"name": "name", "created_at": "created_at"}
    ordering = "name"
    filterset_fields: ClassVar[Any] = ["name", "is_preferred", "is_active"]
    search_fields: ClassVar[Any] = ["name", "services"]
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.VENDOR_VIEW),
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Right.VENDOR_MANAGE),
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().with_figures()

    def shown(self, row: Vendor) -> Any:
        """With the figures."""
        return self.get_queryset().get(pk=row.pk)
