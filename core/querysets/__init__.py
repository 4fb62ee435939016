from core.querysets import among as among
from core.querysets import within as within
from core.querysets.tenant import ReachableManager, TenantManager, TenantQuerySet

__all__ = ["ReachableManager", "TenantManager", "TenantQuerySet"]
