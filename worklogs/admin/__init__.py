"""Lists and forms of the console about work."""

from worklogs.admin import cleaning, orders, rates, sla_policies, staffing

__all__ = ["cleaning", "orders", "rates", "sla_policies", "staffing"]
