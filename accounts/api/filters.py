"""Filters of the accounts lists."""

import django_filters

from core.api.filters import TenantFilterSet
from core.models import AuditEntry


class AuditFilter(TenantFilterSet):
    """By actor, object, action and time."""

    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields = ["actor_id", "action", "object_type", "object_id", "correlation_id"]
