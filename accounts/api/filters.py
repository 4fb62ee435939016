"""Filters of the accounts lists."""

from core.api.filters import MomentFilter, TenantFilterSet
from core.models import AuditEntry


class AuditFilter(TenantFilterSet):
    """By actor, object, action and time."""

    since = MomentFilter(field_name="at", lookup_expr="gte")
    until = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields = ["actor_id", "action", "object_type", "object_id", "correlation_id"]
