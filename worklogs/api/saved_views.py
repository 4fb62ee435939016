"""`work-order-views`: lists of work orders that people come back to."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers

from accounts.rights import Right
from core.api.serializers import TenantSerializer
from core.api.viewsets import CrudViewSet
from worklogs.models import SavedView
from worklogs.services import saved_views


class SavedViewRead(TenantSerializer):
    """`query` are search and filters as they stand in the address of the console's list."""

    class Meta:
        model = SavedView
        fields: ClassVar[Any] = [
            *("id", "owner", "name", "query", "is_shared", "created_at", "updated_at")
        ]
        read_only_fields = fields


class SavedViewInput(TenantSerializer):
    """Only planners share theirs. A view of the same name is replaced."""

    query = serializers.CharField(max_length=1000, allow_blank=True, default="")

    class Meta:
        model = SavedView
        fields: ClassVar[Any] = ["name", "query", "is_shared"]

    def validate_query(self, value: str) -> str:
        """Without the page."""
        return saved_views.cleaned(value)


class SavedViewViewSet(CrudViewSet):
    """One's own, and those that others share. Each shows everybody what that person may see."""

    model = SavedView
    rights: ClassVar[Any] = dict.fromkeys(
        ("list", "retrieve", "create", "update", "partial_update", "destroy"),
        Right.WORK_ORDER_VIEW,
    )
    serializer_class = SavedViewRead
    input_serializer_class = SavedViewInput
    filterset_fields: ClassVar[Any] = ["is_shared", "name"]
    ordering_fields: ClassVar[Any] = {"name": "name", "created_at": "created_at"}
    ordering = "name"

    def create_row(self, values: dict[str, Any]) -> SavedView:
        is_shared = values.get("is_shared", False)
        return saved_views.keep(
            values["name"],
            values["query"],
            is_shared=is_shared,
            by=self.by,
            now=timezone.now(),
        )

    def update_row(self, row: SavedView, values: dict[str, Any]) -> SavedView:
        return saved_views.change(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: SavedView) -> None:
        saved_views.forget(row, by=self.by, now=timezone.now())
