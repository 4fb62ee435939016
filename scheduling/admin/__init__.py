"""The console's lists and forms of scheduling."""

from scheduling.admin import checks, resource_types, resources, schedules  # noqa: F401
