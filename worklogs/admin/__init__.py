"""Lists and forms of the console about work."""

from worklogs.admin import orders, rates, sla_policies, staffing

__all__ = ["orders", "rates", "sla_policies", "staffing"]
