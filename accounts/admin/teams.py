"""Teams and skills in the console."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest

from accounts.models import PersonSkill, Skill, Team, TeamMember
from accounts.rights import Right
from core.admin.base import ModelAdmin, TabularInline


class StaffAdmin(ModelAdmin):
    """Technicians see what concerns themselves; planners plan."""

    view_right = Right.STAFF_VIEW
    add_right = change_right = delete_right = Right.STAFF_MANAGE
    change_form_outer_before_template = "accounts/people_form_head.html"


class PeopleInline(TabularInline):
    """People by name."""

    view_right = Right.STAFF_VIEW
    add_right = change_right = delete_right = Right.STAFF_MANAGE
    autocomplete_fields = ("user",)
    fields = ("user",)
    hide_title = True
    tab = False


class MemberInline(PeopleInline):
    """Who is in the team."""

    model = TeamMember
    verbose_name_plural = "Members"


class HolderInline(PeopleInline):
    """Who can do it; everybody sees themselves."""

    model = PersonSkill
    verbose_name = "person"
    verbose_name_plural = "Who can do this"


@admin.register(Team)
class TeamAdmin(StaffAdmin):
    """Who works together."""

    list_display = ("name", "lead", "size", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    fields = ("name", "lead", "is_active")
    autocomplete_fields = ("lead",)
    inlines = (MemberInline,)
    empty_list = {
        "icon": "groups",
        "title": "No team yet",
        "text": "A team gathers people who share work, such as housekeeping. Orders can be a team's, and"
        " a shift can hold for all its members.",
        "action": "New team",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(size=Count("memberships"))

    @admin.display(description="people", ordering="size")
    def size(self, team: Any) -> int:
        return int(team.size)


@admin.register(Skill)
class SkillAdmin(StaffAdmin):
    """What people can do, and who."""

    list_display = ("name", "description", "needs_certificate", "warn_days", "people")
    list_filter = ("needs_certificate",)
    search_fields = ("name", "description")
    ordering = ("name", "pk")
    fields = ("name", "description", "needs_certificate", "warn_days")
    inlines = (HolderInline,)
    empty_list = {
        "icon": "workspace_premium",
        "title": "No skill yet",
        "text": "Say what your people can do, such as electrical work. Work that needs a skill then only"
        " goes to those who have it.",
        "action": "New skill",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(size=Count("holders"))

    @admin.display(description="people", ordering="size")
    def people(self, skill: Any) -> int:
        return int(skill.size)
