"""How rows enter and leave the API.

Convention: a viewset has one *read* serializer (`serializer_class`), which every action answers with, and *input*
serializers (`input_serializer_class`, or by action in `action_serializers`), which only parse. Rules about rows stand
in models and services, so that every door obeys them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.timezone import is_naive
from rest_framework import serializers
from rest_framework.exceptions import NotFound

OFFSET_NEEDED = "Give the offset, such as 2026-03-04T08:00:00+01:00 or 2026-03-04T07:00:00Z."


class MomentField(serializers.DateTimeField):
    """A moment in ISO 8601. Without an offset it would be a guess whose clock is meant, so it is refused."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            raise serializers.ValidationError(OFFSET_NEEDED, code="no_offset")
        return super().enforce_timezone(value)


class RelatedRow(serializers.PrimaryKeyRelatedField[Any]):
    """A row by id, among those in reach of the caller; any other id answers 404, as in an address.

    `queryset` only names the model. A queryset made when the class was imported would carry the scope of whatever
    request happened to import it.
    """

    html_cutoff = 100

    def get_queryset(self) -> Any:
        declared: Any = self.__dict__.get("queryset")
        if declared is None:
            return None
        rows = declared.model._default_manager.all()
        request = self.context.get("request")
        user = getattr(request, "user", None)
        return rows.visible_to(user) if hasattr(rows, "visible_to") and user else rows

    def to_internal_value(self, data: Any) -> Any:
        row = self.get_queryset().filter(pk=self.key_of(data)).first()
        if row is None:
            raise self.missing()
        return row

    def key_of(self, data: Any) -> UUID:
        """The id that was sent."""
        try:
            return data if isinstance(data, UUID) else UUID(data)
        except (ValueError, TypeError, AttributeError):
            raise serializers.ValidationError("This is not an id.", code="invalid") from None

    def missing(self) -> NotFound:
        """The error for an id out of reach."""
        return NotFound(f"{self.field_name or 'id'}: there is no such row.")

    def get_choices(self, cutoff: int | None = None) -> Any:
        """For the forms of the browsable API: never a whole table."""
        rows = self.get_queryset()
        if rows is None:
            return {}
        return {str(row.pk): str(row) for row in rows[: cutoff or self.html_cutoff]}


class RelatedRows(serializers.ManyRelatedField):
    """Rows by their ids, `most` at once, found with one question; each without its doubles."""

    def __init__(self, *, model: type[models.Model], most: int, **options: Any) -> None:
        child = RelatedRow(queryset=model._default_manager.none())
        super().__init__(child_relation=child, **options)
        self._most = most

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > self._most:
            raise serializers.ValidationError(f"Name {self._most} at most.", code="max_length")
        child: Any = self.child_relation
        keys = list(dict.fromkeys(child.key_of(one) for one in data))
        found = child.get_queryset().in_bulk(keys)
        if len(found) < len(keys):
            raise child.missing()
        return [found[key] for key in keys]


class TenantSerializer(serializers.ModelSerializer[Any]):
    """Fields from the model; foreign keys are ids of rows in reach. Uniqueness is the service's to judge."""

    serializer_related_field = RelatedRow
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def get_unique_for_date_validators(self) -> list[Any]:
        return []
