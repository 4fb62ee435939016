"""Named queries over the audit trail."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from core.ids import first_id
from core.querysets.tenant import TenantQuerySet

_RECENT = 50


class AuditQuerySet(TenantQuerySet[Any]):
    """Who did what."""

    def written_since(
        self, moment: datetime, *, about: Collection[tuple[str, str]]
    ) -> "AuditQuerySet":
        """Entries made from a moment on, found by their ids: of these models, such as `core.attachment`, and actions;
        an empty one is any.
        """
        wanted = Q(object_type__in=[model for model, action in about if not action])
        for model, action in about:
            wanted |= Q(object_type=model, action=action) if action else Q()
        return self.filter(wanted, pk__gte=first_id(moment))

    def latest_change(self, rows: Collection[Any], names: set[str], *, since: datetime) -> Any:
        """The newest entry from a moment on that tells of one of these fields of one of these rows; None for none."""
        entries = self.filter(
            object_type__in={row._meta.label_lower for row in rows},
            object_id__in={str(row.pk) for row in rows},
            at__gte=since,
        ).order_by("-at", "-pk")
        return next((one for one in entries[:_RECENT] if not names.isdisjoint(one.changes)), None)
