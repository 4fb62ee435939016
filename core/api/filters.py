"""Filters of lists, by field name."""

from typing import Any, ClassVar

import django_filters
from django.db.models import ForeignKey, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from core.tenancy import all_tenants

__all__ = ["RelatedFilter", "RowFilter", "SearchFilter", "TenantFilterSet"]


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
