"""Lists and forms of the console about work."""

from worklogs.admin import cleaning, orders, rates, staffing

__all__ = ["cleaning", "orders", "rates", "staffing"]
