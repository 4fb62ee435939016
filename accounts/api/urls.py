"""Addresses of sign-in, people and settings below /api/v1/."""

from typing import Any

from django.urls import path

from accounts.api import people, views
from accounts.api.me import MeView, OrganizationView, PasswordView, RolesView
from accounts.api.sign_in import RefreshView, RevokeView, TokenView

router_entries: list[tuple[str, Any, str]] = [
    ("users", views.UserViewSet, "user"),
    ("working-calendars", views.WorkingCalendarViewSet, "working-calendar"),
    ("api-keys", views.ApiKeyViewSet, "api-key"),
    ("teams", people.TeamViewSet, "team"),
    ("skills", people.SkillViewSet, "skill"),
    ("person-skills", people.PersonSkillViewSet, "person-skill"),
    ("certificates", people.CertificateViewSet, "certificate"),
    ("shifts", people.ShiftViewSet, "shift"),
    ("shift-exceptions", people.ShiftExceptionViewSet, "shift-exception"),
    ("audit-entries", views.AuditEntryViewSet, "audit-entry"),
]
urlpatterns = [
    path("auth/token", TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh", RefreshView.as_view(), name="auth-token-refresh"),
    path("auth/token/revoke", RevokeView.as_view(), name="auth-token-revoke"),
    path("me", MeView.as_view(), name="me"),
    path("me/password", PasswordView.as_view(), name="me-password"),
    path("organization", OrganizationView.as_view(), name="organization"),
    path("roles", RolesView.as_view(), name="roles"),
]
