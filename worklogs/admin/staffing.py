"""What work needs, and where people usually work, in the console."""

from django import forms
from django.contrib import admin

from accounts.rights import Right
from core.admin.base import ModelAdmin
from worklogs.models import HomePlace, WorkNeed


class WorkNeedForm(forms.ModelForm):  # type: ignore[type-arg]
    """First what work it is about, then what it needs."""

    class Meta:
        model = WorkNeed
        fields = ()
        help_texts = {
            "task_type": "Leave empty what does not matter; everything you choose must apply.",
            "skill": "Orders like this only go to people with this skill.",
            "minutes": "How long it takes where its order says nothing.",
        }


@admin.register(WorkNeed)
class WorkNeedAdmin(ModelAdmin):
    """Which skills work needs, and how long it takes."""

    view_right = Right.STAFF_VIEW
    add_right = change_right = delete_right = Right.STAFF_MANAGE
    change_form_outer_before_template = "accounts/people_form_head.html"
    list_display = ("work", "skill", "minutes")
    list_filter = ("skill", "category", "task_type")
    search_fields = ("skill__name", "resource_type__name", "schedule__title")
    ordering = ("category", "task_type", "pk")
    form = WorkNeedForm
    fieldsets = (
        (
            "Work",
            {"fields": (("task_type", "category"), ("resource_type", "schedule"))},
        ),
        ("Needs", {"fields": (("skill", "minutes"),)}),
    )
    autocomplete_fields = ("resource_type", "schedule", "skill")
    empty_list = {
        "icon": "rule",
        "title": "Work needs nothing in particular yet",
        "text": "Say which skill a category, a task type, a resource type or a schedule needs, such as electrical"
        " repairs. New and open orders then go only to people who have it.",
        "action": "New required skill",
    }

    @admin.display(description="work", ordering="category")
    def work(self, row: WorkNeed) -> str:
        return str(row)


@admin.register(HomePlace)
class HomePlaceAdmin(ModelAdmin):
    """Where people usually work."""

    view_right = Right.STAFF_VIEW
    add_right = change_right = delete_right = Right.STAFF_MANAGE
    change_form_outer_before_template = "accounts/people_form_head.html"
    list_display = ("user", "resource")
    search_fields = ("user__name", "resource__name", "resource__code")
    ordering = ("user__name", "pk")
    fields = ("user", "resource")
    autocomplete_fields = ("user", "resource")
    empty_list = {
        "icon": "home_pin",
        "title": "No usual place yet",
        "text": "Say where somebody usually works, such as a floor or a workshop. Work nearby comes to them first.",
        "action": "New usual place",
    }
