"""Lists and forms of the console about work."""

from worklogs.admin import orders, rates, staffing

__all__ = ["orders", "rates", "staffing"]
