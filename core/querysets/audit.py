"""Named queries over the audit trail."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from core.ids import first_id
from core.querysets.tenant import TenantQuerySet


class AuditQuerySet(TenantQuerySet[Any]):
    """Who did what."""

    def written_since(self, moment: datetime, *, about: Collection[str]) -> "AuditQuerySet":
        """Entries made from a moment on, found by their ids, about these models, such as `core.attachment`."""
        return self.filter(pk__gte=first_id(moment), object_type__in=about)
