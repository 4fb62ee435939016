"""Lists and forms of the console about work."""

from worklogs.admin import checklist_use, cleaning, orders, rates, sla_policies, staffing

__all__ = ["checklist_use", "cleaning", "orders", "rates", "sla_policies", "staffing"]
