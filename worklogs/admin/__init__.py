"""The console's lists and forms of work."""

from worklogs.admin import orders, rates  # noqa: F401
