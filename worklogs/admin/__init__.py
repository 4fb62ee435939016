"""The console's lists and forms about work."""

from worklogs.admin import sla_policies

__all__ = ["sla_policies"]
