"""Organisations, their people and their working time."""

from accounts.models.api_key import ApiKey
from accounts.models.calendar import ClosedDay, WorkingCalendar, WorkingHours
from accounts.models.organization import Organization
from accounts.models.people import (
    Certificate,
    PersonSkill,
    Shift,
    ShiftException,
    Skill,
    Team,
    TeamMember,
)
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "Certificate",
    "ClosedDay",
    "Organization",
    "PersonSkill",
    "Shift",
    "ShiftException",
    "Skill",
    "Team",
    "TeamMember",
    "User",
    "WorkingCalendar",
    "WorkingHours",
]
