"""What an hour of work costs, from which day on."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.rights import Right
from core.admin.base import ModelAdmin
from core.rules.moments import day
from worklogs.models import LaborRate


@admin.register(LaborRate)
class LaborRateAdmin(ModelAdmin):
    """Time that was entered already keeps the rate of its day as it was then."""

    view_right = Right.ORGANIZATION_VIEW
    add_right = change_right = delete_right = Right.ORGANIZATION_MANAGE
    change_form_outer_before_template = "accounts/people_form_head.html"
    list_display = ("whose", "an_hour", "since")
    list_select_related = ("person", "organization")
    search_fields = ("person__name",)
    ordering = ("person__name", "-valid_from", "pk")
    autocomplete_fields = ("person",)
    fields = ("person", "hourly_rate", "valid_from")
    row_names = ("labour rate", "labour rates")
    empty_list = {
        "icon": "payments",
        "title": "No labour rate yet",
        "text": "A rate says what an hour of a person's work costs from a day on; one without a person holds for "
        "everybody who has no own. Time on work orders is priced by it.",
        "action": "New labour rate",
    }

    @admin.display(description="person", ordering="person__name")
    def whose(self, row: LaborRate) -> Any:
        """A person, or everybody who has no own rate."""
        return row.person or "Everybody else"

    @admin.display(description="per hour", ordering="hourly_rate")
    def an_hour(self, row: LaborRate) -> str:
        """In the organisation's currency."""
        return f"{row.hourly_rate:,.2f} {row.organization.currency}"

    @admin.display(description="from", ordering="valid_from")
    def since(self, row: LaborRate) -> str:
        """The first day on which it holds."""
        return day(row.valid_from)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        words = {
            "person": "Leave empty for everybody who has no rate of their own.",
            "hourly_rate": "In the organisation's currency.",
            "valid_from": "Work from this day on is priced by it.",
        }
        if field is not None:
            field.help_text = words.get(db_field.name, "")
        return field
