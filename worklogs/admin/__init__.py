"""Lists and forms of the console about work."""

from worklogs.admin import sla_policies, staffing

__all__ = ["sla_policies", "staffing"]
