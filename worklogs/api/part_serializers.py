"""How what belongs to a work order enters and leaves the API: comments, links, costs, warranties, time."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from accounts.models import User
from accounts.rights import Right, has_right
from core.api.serializers import MomentField, RelatedRow, RelatedRows, TenantSerializer
from worklogs.models import (
    CostEntry,
    LaborEntry,
    StopMark,
    WorkOrderComment,
    WorkOrderLink,
    WorkOrderResource,
)
from worklogs.services.stops import OPEN
from worklogs.services.talk import MOST_MENTIONED


class CommentRead(TenantSerializer):
    """What somebody said."""

    class Meta:
        model = WorkOrderComment
        fields: ClassVar[Any] = ["id", "author", "text", "mentioned", "created_at"]
        read_only_fields = fields


class CommentInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)
    mentioned = RelatedRows(model=User, most=MOST_MENTIONED, required=False)


class LinkRead(TenantSerializer):
    """`work_order` blocks, is followed up by, or has to do with `other`."""

    class Meta:
        model = WorkOrderLink
        fields: ClassVar[Any] = ["id", "work_order", "other", "kind", "created_by", "created_at"]
        read_only_fields = fields


class LinkInput(TenantSerializer):
    class Meta:
        model = WorkOrderLink
        fields: ClassVar[Any] = ["other", "kind"]


class CostRead(TenantSerializer):
    """Money spent besides labour."""

    class Meta:
        model = CostEntry
        fields: ClassVar[Any] = ["id", "kind", "amount", "description", "created_by", "created_at"]
        read_only_fields = fields


class CostInput(TenantSerializer):
    """`despite_warranty`: somebody asked, and the warranty does not pay."""

    despite_warranty = serializers.BooleanField(required=False, write_only=True)

    class Meta:
        model = CostEntry
        fields: ClassVar[Any] = ["kind", "amount", "description", "despite_warranty"]


class StopRead(TenantSerializer):
    """A further resource of a round."""

    class Meta:
        model = WorkOrderResource
        fields: ClassVar[Any] = ["position", "resource"]
        read_only_fields = fields


class PlaceRead(serializers.Serializer[Any]):
    """A place of a round; position 0 is the order's own resource. `by` and `at`: who said so, and when."""

    position = serializers.IntegerField()
    resource = serializers.UUIDField(source="resource.pk")
    name = serializers.CharField(source="resource.name")
    status = serializers.ChoiceField(choices=[OPEN, *StopMark.Outcome.values])
    reason = serializers.CharField(source="mark.reason", default="")
    by = serializers.UUIDField(source="mark.by_id", default=None, allow_null=True)
    at = MomentField(source="mark.at", default=None, allow_null=True)


class PlaceInput(serializers.Serializer[Any]):
    """`open` takes back what was said; `not_done` needs a `reason`.

    `at` is for what was kept without connection; what was said later wins.
    """

    status = serializers.ChoiceField(choices=[OPEN, *StopMark.Outcome.values])
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
    at = MomentField(required=False)


class WarrantyRead(serializers.Serializer[Any]):
    """`work_order`: the earlier work that is warranted; empty where it is the resource itself.

    `up_to` is the reading at which it ends, where the counter was read with the work; `reading` the last known since.
    """

    until = serializers.DateField()
    distance = serializers.IntegerField(allow_null=True)
    up_to = serializers.IntegerField(allow_null=True)
    reading = serializers.IntegerField(allow_null=True)
    what = serializers.CharField(source="label")
    work_order = serializers.UUIDField(source="order.pk", default=None)


LABOR_COLUMNS = (
    *("id", "work_order", "person", "started_at", "ended_at", "hourly_rate", "cost", "note"),
    *("created_at", "updated_at"),
)


class LaborRead(TenantSerializer):
    """Without `ended_at` the timer runs. What an hour costs is told to the person and to those who plan."""

    class Meta:
        model = LaborEntry
        fields: ClassVar[Any] = [*LABOR_COLUMNS]
        read_only_fields = fields

    def to_representation(self, instance: LaborEntry) -> Any:
        """What others earn stays empty."""
        shown = super().to_representation(instance)
        return priced_for(self.context["request"].user, shown, instance.person_id)


def priced_for(user: Any, row: Any, person: UUID) -> Any:
    """The row without its price where it is neither the user's own nor theirs to plan."""
    if person != user.pk and not has_right(user, Right.WORK_ORDER_CHANGE):
        row["hourly_rate"] = row["cost"] = None
    return row


class LaborInput(TenantSerializer):
    """Without `person` the caller's time; without `started_at` from now on; without `ended_at` a running timer."""

    person = RelatedRow(queryset=User.objects, required=False)
    started_at = MomentField(required=False)

    class Meta:
        model = LaborEntry
        fields: ClassVar[Any] = ["work_order", "person", "started_at", "ended_at", "note"]


class LaborChange(TenantSerializer):
    class Meta:
        model = LaborEntry
        fields: ClassVar[Any] = ["started_at", "ended_at", "note"]
