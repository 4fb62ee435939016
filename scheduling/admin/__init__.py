"""The console's lists and forms of scheduling."""

from scheduling.admin import bookings, checks, resource_types, resources, schedules, windows  # noqa: F401
