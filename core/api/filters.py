"""Filters of lists, by field name."""

from contextlib import suppress
from datetime import UTC
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import ForeignKey, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from core.api.serializers import OFFSET_NEEDED
from core.tenancy import all_tenants

__all__ = [
    "MomentFilter",
    "MomentRangeFilter",
    "RelatedFilter",
    "RowFilter",
    "SearchFilter",
    "TenantFilterSet",
]


class SearchFilter(filters.SearchFilter):
    """`search=` over the view's `search_fields`; rows that know how they are looked for are asked themselves."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        if not hasattr(queryset, "matching"):
            return super().filter_queryset(request, queryset, view)
        terms = self.get_search_terms(request)
        return queryset.matching(request.query_params[self.search_param]) if terms else queryset

    def get_search_terms(self, request: Request) -> list[str]:
        try:
            return list(super().get_search_terms(request))
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from error


class MomentField(django_filters.fields.IsoDateTimeField):
    """A moment with its offset, whose plus sign may have arrived as a space."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        text = text.replace(" ", "+") if "T" in text else text
        with suppress(ValueError):
            found = parse_datetime(text)
            if found is not None and is_naive(found):
                raise forms.ValidationError(OFFSET_NEEDED, code="no_offset")
        moment = super().to_python(text)
        try:  # databases know fewer offsets than the standard library
            return moment.astimezone(UTC) if moment else moment
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(django_filters.IsoDateTimeFilter):
    """By a moment."""

    field_class = MomentField


class MomentRangeField(django_filters.fields.RangeField):
    widget = django_filters.widgets.DateRangeWidget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__((MomentField(), MomentField()), *args, **kwargs)


class MomentRangeFilter(django_filters.IsoDateTimeFromToRangeFilter):
    """By moments: `…_after` and `…_before`."""

    field_class = MomentRangeField


class RelatedFilter(django_filters.UUIDFilter):
    """By the id of a related row. One that the caller cannot see answers 404 like one that does not exist."""

    def filter(self, qs: "QuerySet[Any, Any]", value: Any) -> "QuerySet[Any, Any]":
        if not value:
            return qs
        field: Any = qs.model._meta.get_field(self.field_name.split("__")[0])
        for name in self.field_name.split("__")[1:]:
            field = field.related_model._meta.get_field(name)
        related = field.related_model.objects.filter(pk=value)
        if hasattr(related, "visible_to"):
            related = related.visible_to(self.parent.request.user)
        found: QuerySet[Any, Any] = super().filter(qs, value)
        # a hidden id is still good for what shows it anyway, such as the logs of a colleague's schedule
        if not related.exists() and not found.exists():
            raise NotFound(f"{self.field_name}: there is no such row.")
        return found


class TenantFilterSet(django_filters.FilterSet):
    """Foreign keys are filtered by id without loading their choices."""

    FILTER_DEFAULTS = {
        **django_filters.filterset.FILTER_FOR_DBFIELD_DEFAULTS,
        ForeignKey: {"filter_class": RelatedFilter},
    }

    @classmethod
    def get_filters(cls) -> Any:
        """django-filter looks at an unevaluated queryset of the model, when there is no request yet."""
        with all_tenants(reason="filters are declared before anybody asks; no row is read"):
            return super().get_filters()


class RowFilter(DjangoFilterBackend):
    """Builds the filter form only for requests that filter."""

    filterset_base = TenantFilterSet
    _classes: ClassVar[dict[type, Any]] = {}

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        """Made once for each view, not for each request."""
        kind = type(view)
        if kind not in self._classes:
            self._classes[kind] = super().get_filterset_class(view, queryset)
        return self._classes[kind]

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset = self.get_filterset_class(view, queryset)
        if filterset is None or not _is_filtered(request, filterset):
            return queryset
        return super().filter_queryset(request, queryset, view)


def _is_filtered(request: Request, filterset: Any) -> bool:
    names = filterset.base_filters.keys()
    return any(
        given in names or given.rpartition("_")[0] in names or given.rpartition("__")[0] in names
        for given in request.query_params
    )
