"""Work orders in the console: the list at the desk, and the form."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right, has_right
from scheduling.admin import shown
from scheduling.admin.filters import AssigneeFilter
from scheduling.admin.wall_times import WallTimesAdmin
from worklogs import states
from worklogs.admin import order_cells
from worklogs.admin.order_filters import (
    OVER,
    DueFilter,
    PlaceFilter,
    StandingFilter,
    TeamFilter,
    VendorFilter,
)
from worklogs.admin.order_form import OrderForm, followed, prefilled, takes_checklist
from worklogs.models import SavedView, WorkOrder, WorkOrderLink
from worklogs.pages.workload import assign_many
from worklogs.rules import priority, standing
from worklogs.services import orders, talk

_MOST_AT_ONCE = 500
_WHAT = ("title", ("resource", "kind"), ("category", "task_type"), "description")
_MORE = (
    ("estimated_duration_minutes", "estimated_cost"),
    ("warranty_months", "warranty_until", "warranty_distance"),
    "odometer",
    ("booking_reference", "guest_id"),
)


@admin.register(WorkOrder)
class WorkOrderAdmin(WallTimesAdmin):
    """Every change goes through the same services as the API; the status changes on the order's page."""

    detail_page = "admin:work_order_detail"
    view_right, add_right = Right.WORK_ORDER_VIEW, Right.WORK_ORDER_ADD
    change_right = Right.WORK_ORDER_CHANGE
    form = OrderForm
    list_display = ("order", "on", "kind", "importance", "state", "assignee", "due")
    more_columns = ("category", "reported", "planned", "expected", "cost")
    list_display_links = None
    list_filter = (
        *(StandingFilter, "priority", AssigneeFilter, DueFilter, "kind", "category", PlaceFilter),
        *(TeamFilter, VendorFilter),
    )
    list_filter_sheet = False
    list_select_related = ("resource", "assigned_to")
    search_fields = ("title",)  # how: `WorkOrderQuerySet.finding`
    search_help_text = "#number, title, description, resource, note or comment"
    ordering = (F("due_at").asc(nulls_last=True), "pk")
    autocomplete_fields = ("resource", "team", "vendor")
    actions = ("assign", "find_people", "prioritise", "cancel", "export")
    readonly_fields = ("judged",)
    change_form_outer_before_template = "worklogs/order/form_head.html"
    quick_filters = (
        ("Open", ""),
        ("Mine", "assignee=me"),
        ("Unassigned", "assignee=nobody"),
        ("Overdue", "standing=overdue"),
        ("To triage", "standing=reported"),
        ("Waiting for parts", "standing=parts"),
        ("To verify", "standing=completed"),
        ("All", "standing=all"),
    )
    live = "work-order"
    empty_list = {
        "icon": "assignment",
        "title": "No work order yet",
        "text": "A work order is work from report to verification: what is to be done, where, by whom and until when. "
        "Schedules make their own; reports come from the people who use the rooms and machines.",
        "action": "New work order",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("told", "words")

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is over is read backwards; what was searched there by number, along which it is found."""
        if request.GET.get("standing") not in OVER:
            return super().get_ordering(request)
        return ("-number",) if request.GET.get(SEARCH_VAR) else ("-created_at", "-pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        user: Any = request.user
        views = SavedView.objects.visible_to(user).select_related("owner").order_by("name", "pk")
        own = {
            "saved_views": list(views[:60]),
            "may_share": has_right(user, Right.WORK_ORDER_CHANGE),
            "may_remove_all": has_right(user, Right.ORGANIZATION_MANAGE),
        }
        return super().changelist_view(request, {**own, **(extra_context or {})})

    # -- the form ------------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new order says where it begins; what was found out is filled in later."""
        is_new = obj is None
        begin = (("begins", "assignee"),) if is_new else ()
        goes_on = is_new or obj.status in states.OPEN
        rest: tuple[Any, ...] = ("route", *_MORE) if goes_on else _MORE
        what = (*_WHAT, "list_of_steps") if self._takes_checklist(request, obj) else _WHAT
        found = (
            () if is_new else (("What was found", {"fields": ("failure_mode", "cause", "remedy")}),)
        )
        return (
            ("What", {"fields": what}),
            ("How urgent", {"fields": ("safety_concern", "due_at", "priority", "judged")}),
            (
                "When",
                {"fields": ("scheduled_start_at", "scheduled_end_at", *begin, ("team", "vendor"))},
            ),
            *found,
            ("More", {"classes": ("collapse",), "fields": rest}),
        )

    def _takes_checklist(self, request: HttpRequest, obj: Any) -> bool:
        may = obj is None or self.has_change_permission(request, obj)
        return may and takes_checklist(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was generated belongs to a date of its resource."""
        return ("judged", "resource") if obj is not None and obj.occurrence_id else ("judged",)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return prefilled(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is verified or closed stays as it is; venue admins change what is entrusted to them."""
        if not super().has_change_permission(request, obj) or obj is None:
            return super().has_change_permission(request, obj)
        reached = WorkOrder.objects.changeable_by(request.user).filter(pk=obj.pk)  # type: ignore[arg-type]
        return obj.status in (*states.OPEN, states.COMPLETED) and reached.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders are cancelled on their page, never deleted."""
        return False

    @admin.display(description="Computed")
    def judged(self, row: WorkOrder | None) -> SafeString:
        """Filled by the page while the person types."""
        query = f"?order={row.pk}" if row and not row._state.adding else ""
        return format_html(
            '<div id="order-judged" aria-live="polite" hx-post="{}{}" hx-trigger="load, judge"'
            ' hx-include="closest form" hx-swap="innerHTML" hx-sync="this:replace"></div>',
            reverse("admin:work_order_judge"),
            query,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        now, values = timezone.now(), form.cleaned_data
        if not change:
            self._create(request, obj, values, by=user, now=now)
            return
        concrete = {field.name for field in obj._meta.concrete_fields}
        changes = {name: values[name] for name in form.changed_data if name in concrete}
        if "route" in form.changed_data:
            changes["resources"] = values["route"]
        if "list_of_steps" in form.changed_data:
            changes["checklist"] = values["list_of_steps"]
        stored = WorkOrder.objects.select_related("resource").get(pk=obj.pk)
        orders.change_order(stored, changes, by=user, now=now)

    @transaction.atomic
    def _create(
        self, request: HttpRequest, order: WorkOrder, values: dict[str, Any], *, by: Any, now: Any
    ) -> None:
        order.status = values.get("begins") or states.SCHEDULED
        stops = list(values.get("route") or ())
        orders.create_order(
            order,
            by=by,
            now=now,
            stops=stops,
            assignee=values.get("assignee"),
            checklist=values.get("list_of_steps"),
        )
        if (former := followed(request)) is not None:
            talk.add_link(former, order, WorkOrderLink.Kind.FOLLOW_UP, by=by, now=now)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        self.message_user(request, f"#{obj.number} is there.")
        if "_addanother" in request.POST:
            return HttpResponseRedirect(self._address("add"))
        return HttpResponseRedirect(reverse("admin:work_order_detail", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self.message_user(request, "Saved.")
        return HttpResponseRedirect(reverse("admin:work_order_detail", args=[obj.pk]))

    # -- columns -------------------------------------------------------------------------------------------------------

    @admin.display(description="work order", ordering="number")
    def order(self, row: WorkOrder) -> SafeString:
        """Title and number."""
        address = shown.viewer.get().address("admin:work_order_detail", row.pk)
        return shown.titled(address, row.title, f"#{row.number}")

    @admin.display(description="resource", ordering="resource__name")
    def on(self, row: WorkOrder) -> SafeString:
        """Name and code."""
        address = shown.viewer.get().resource_address(row.resource)
        return shown.titled(address, row.resource.name, row.resource.code)

    @admin.display(description="priority")
    def importance(self, row: WorkOrder) -> SafeString:
        """The level and what it follows from."""
        return order_cells.priority_cell(row.priority, row.priority_reasons)

    @admin.display(description="status", ordering="status")
    def state(self, row: WorkOrder) -> SafeString:
        """Where it stands, and what the clock says."""
        return order_cells.state_chips(row)

    @admin.display(description="assigned to", ordering="assigned_to__name")
    def assignee(self, row: WorkOrder) -> Any:
        """Who does it."""
        return row.assigned_to or shown.EMPTY

    @admin.display(description="due", ordering="due_at")
    def due(self, row: WorkOrder) -> Any:
        """Date and distance."""
        return order_cells.due_cell(row)

    @admin.display(description="reported", ordering="created_at")
    def reported(self, row: WorkOrder) -> str:
        """When it came to be known."""
        return order_cells.moment(row.reported_at)

    @admin.display(description="planned start")
    def planned(self, row: WorkOrder) -> Any:
        """When work is to begin."""
        return order_cells.moment(row.scheduled_start_at) or shown.EMPTY

    @admin.display(description="expected minutes")
    def expected(self, row: WorkOrder) -> Any:
        """How long it should take."""
        return row.estimated_duration_minutes or shown.EMPTY

    @admin.display(description="cost so far")
    def cost(self, row: WorkOrder) -> str:
        """Labour, parts and other."""
        return f"{row.total_cost:,.2f}" if _sees_money() else ""

    # -- many at once --------------------------------------------------------------------------------------------------

    @admin.action(description="Assign to…", permissions=["change"])
    def assign(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Asks for the person."""
        return self._ask("assign", queryset)

    @admin.action(description="Give to whoever fits best", permissions=["change"])
    def find_people(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """By skills, shifts, load and place."""
        assign_many(request, queryset)

    @admin.action(description="Set priority…", permissions=["change"])
    def prioritise(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Asks for the level."""
        return self._ask("priority", queryset)

    @admin.action(description="Cancel…", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Asks for the reason."""
        return self._ask("cancel", queryset)

    def _ask(self, what: str, queryset: QuerySet[Any]) -> HttpResponse:
        ids = [str(pk) for pk in queryset.values_list("pk", flat=True)[:_MOST_AT_ONCE]]
        query = QueryDict(mutable=True)
        query.setlist("id", ids)
        address = reverse("admin:work_order_bulk", args=[what])
        return HttpResponseRedirect(f"{address}?{query.urlencode()}")

    def exported(self, rows: Iterable[WorkOrder]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """As people read them, with the parts of the columns apart."""
        heads = [
            *("Number", "Title", "Resource", "Code", "Kind", "Category", "Priority", "Reasons"),
            *("Status", "Overdue", "Delayed", "Assigned to", "Due", "Reported", "Completed"),
            *("Cost", "Meter reading", "Description"),
        ]
        return heads, map(_cells, rows)


def _cells(row: WorkOrder) -> list[Any]:
    now, moment = shown.viewer.get().now, order_cells.moment
    return [
        *(row.number, row.title, row.resource.name, row.resource.code),
        *(row.get_kind_display(), row.get_category_display(), row.get_priority_display()),
        *("; ".join(priority.in_words(row.priority_reasons.split())), row.get_status_display()),
        "yes" if standing.is_overdue(vars(row), now=now) else "no",
        "yes" if standing.is_delayed(vars(row), now=now) else "no",
        *(str(row.assigned_to or ""), moment(row.due_at), moment(row.reported_at)),
        *(moment(row.completed_at), row.total_cost if _sees_money() else "", row.odometer),
        row.description,
    ]


def _sees_money() -> bool:
    """Amounts concern those who do or plan the work, not whoever reported it."""
    return shown.viewer.get().owner is None
