"""Companies that work for the organisation, in the console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right
from core.admin.base import ModelAdmin
from scheduling.admin import shown
from worklogs.models import Vendor


@admin.register(Vendor)
class VendorAdmin(ModelAdmin):
    """Who they are, and what their work orders tell of them."""

    view_right = Right.VENDOR_VIEW
    add_right = change_right = delete_right = Right.VENDOR_MANAGE
    list_display = ("name", "services", "rating", "is_preferred", "jobs", "cost", "time")
    list_filter = ("is_active", "is_preferred")
    search_fields = ("name", "services")
    ordering = ("name", "pk")
    fieldsets = (
        (None, {"fields": (("name", "services"), "rating", ("is_preferred", "is_active"))}),
        ("Contact", {"fields": (("contact_name", "phone"), "email", "address")}),
        ("Numbers", {"fields": (("registration_number", "tax_number"),)}),
    )
    empty_list = {
        "icon": "handshake",
        "title": "No vendor yet",
        "text": "A vendor is a company that works for you, such as the service of the lifts. Name it on the work "
        "orders that it does, and what its work costs and how long it takes is counted here.",
        "action": "New vendor",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_figures()

    @admin.display(description="work orders", ordering="total_jobs")
    def jobs(self, vendor: Any) -> SafeString | str:
        """Done and all, leading to them."""
        if not vendor.total_jobs:
            return shown.EMPTY
        orders = reverse("admin:worklogs_workorder_changelist")
        address = f"{orders}?standing=all&vendor={vendor.pk}"
        words = f"{vendor.completed_jobs} of {vendor.total_jobs} done"
        return format_html('<a href="{}" class="text-link">{}</a>', address, words)

    @admin.display(description="average cost", ordering="average_cost")
    def cost(self, vendor: Any) -> str:
        """Of what is done."""
        return shown.EMPTY if vendor.average_cost is None else f"{vendor.average_cost:,.2f}"

    @admin.display(description="report to done", ordering="average_time")
    def time(self, vendor: Any) -> str:
        """Of what is done, on average."""
        if vendor.average_time is None:
            return shown.EMPTY
        hours = vendor.average_time.total_seconds() / 3600
        return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
