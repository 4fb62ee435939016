"""Lists and forms of the console about work."""

from worklogs.admin import checklist_use, cleaning, orders, rates, sla_policies, staffing, vendors

__all__ = ["checklist_use", "cleaning", "orders", "rates", "sla_policies", "staffing", "vendors"]
