"""Lists and forms of the console about work."""

from worklogs.admin import staffing

__all__ = ["staffing"]
