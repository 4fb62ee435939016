"""Organisations, their people and their working time."""

from accounts.models.api_key import ApiKey
from accounts.models.calendar import ClosedDay, WorkingCalendar, WorkingHours
from accounts.models.organization import Organization
from accounts.models.user import User

__all__ = ["ApiKey", "ClosedDay", "Organization", "User", "WorkingCalendar", "WorkingHours"]
