"""Work from report to verification: one model (DOMAIN, "Work orders")."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, GeneratedField, Q, Value
from django.db.models.functions import Concat, Upper

from accounts.models import Team
from core.models import TenantModel, both_or_neither
from core.querysets import TenantManager
from scheduling.models import Occurrence, Resource, Schedule, Window
from worklogs import states
from worklogs.models import order_choices
from worklogs.models.columns import money, only_in, person
from worklogs.models.order_indexes import INDEXES
from worklogs.querysets import WorkOrderQuerySet
from worklogs.rules import search

_DONE = [states.COMPLETED, states.VERIFIED]
_ENDED = [states.CANCELLED, states.REJECTED, states.DUPLICATE]


class WorkOrder(TenantModel):
    """Work to be done on a resource, by whichever way it came: a report, a task, a plan.

    Only `services/moving.py` writes `status`; `step` counts the moves so far. `overdue_at` is the end of the
    tolerance: the plan's, else `due_at`. `plan_as_of` says which version of the schedule it was generated from: title,
    description, kind, estimates and priority are copies of then. `priority_reasons` are codes of `rules/priority.py`,
    joined by spaces; `priority_holds_until` is when the clock alone changes it. Costs are sums that the services keep:
    of entries, and of what another system had spent (`imported_…`). `odometer` is what the counter of the resource
    showed, in its own unit; `warranty_distance` counts from there.
    `deadline_at` was agreed upon by people: the target of the resolution is then that moment, whatever happens. At
    `sla_look_at` the next warning or breach comes, unless something changes before. `told` is what was noted at its
    completion and said in comments (`services/told.py`); `words` is all in which a search looks.
    """

    worked_out = frozenset(
        {
            *("step", "overdue_at", "priority_reasons", "priority_holds_until", "plan_as_of"),
            *("sla_policy", "sla_look_at", "response_due_at", "resolution_due_at"),
        }
    )

    Status = order_choices.Status
    Kind = order_choices.Kind
    TaskType = order_choices.TaskType
    Category = order_choices.Category
    PrioritySource = order_choices.PrioritySource
    HoldKind = order_choices.HoldKind

    number = models.PositiveIntegerField(editable=False)
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="work_orders", db_index=False
    )
    schedule = models.ForeignKey(
        Schedule, on_delete=models.PROTECT, related_name="work_orders", null=True, editable=False
    )
    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.PROTECT, related_name="work_orders", null=True, editable=False
    )
    plan_as_of = models.DateTimeField(null=True, editable=False)
    window = models.ForeignKey(
        Window,
        on_delete=models.SET_NULL,
        related_name="work_orders",
        null=True,
        blank=True,
        db_index=False,
    )
    checklist = models.ForeignKey(
        "ChecklistVersion",
        on_delete=models.PROTECT,
        related_name="work_orders",
        null=True,
        editable=False,
        db_index=False,
    )
    failed_steps = models.PositiveSmallIntegerField(default=0, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CORRECTIVE)
    task_type = models.CharField(max_length=20, choices=TaskType, blank=True)
    category = models.CharField(max_length=12, choices=Category, default=Category.OTHER)
    safety_concern = models.BooleanField(default=False)
    priority = models.CharField(max_length=10, choices=Schedule.Priority)
    priority_source = models.CharField(
        max_length=10, choices=PrioritySource, default=PrioritySource.COMPUTED, editable=False
    )
    priority_reasons = models.CharField(max_length=200, blank=True, editable=False)
    priority_holds_until = models.DateTimeField(null=True, editable=False)

    status = models.CharField(max_length=12, choices=Status, default=Status.REPORTED)
    step = models.PositiveIntegerField(default=0, editable=False)
    reported_by = person(related_name="reported_orders", editable=False)
    reported_at = models.DateTimeField(editable=False)
    assigned_to = person(related_name="assigned_orders", blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    vendor = models.ForeignKey(
        "Vendor",
        on_delete=models.PROTECT,
        related_name="work_orders",
        null=True,
        blank=True,
        db_index=False,
    )
    skills_chosen = models.BooleanField(default=False, editable=False)
    assigned_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, editable=False)
    scheduled_start_at = models.DateTimeField(null=True, blank=True)
    scheduled_end_at = models.DateTimeField(null=True, blank=True)
    response_due_at = models.DateTimeField(null=True, editable=False)
    resolution_due_at = models.DateTimeField(null=True, editable=False)
    sla_policy = models.ForeignKey(
        "worklogs.SlaPolicy", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    sla_look_at = models.DateTimeField(null=True, editable=False)
    deadline_at = models.DateTimeField(null=True, blank=True)
    responded_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    completed_by = person(editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    verified_by = person(editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    close_reason = models.CharField(max_length=300, blank=True, editable=False)
    duplicate_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="duplicates",
        null=True,
        editable=False,
        db_index=False,
    )
    held_at = models.DateTimeField(null=True, editable=False)
    hold_kind = models.CharField(max_length=10, choices=HoldKind, blank=True, editable=False)
    hold_reason = models.CharField(max_length=300, blank=True, editable=False)
    delayed_at = models.DateTimeField(null=True, editable=False)
    delay_reason = models.CharField(max_length=300, blank=True, editable=False)
    escalation_level = models.PositiveSmallIntegerField(default=0, editable=False)
    escalated_at = models.DateTimeField(null=True, editable=False)

    estimated_duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    estimated_cost = money(null=True, blank=True)
    labor_cost = money(default=Decimal(0), editable=False)
    parts_cost = money(default=Decimal(0), editable=False)
    # credit notes are negative
    other_cost = money(default=Decimal(0), editable=False, validators=[])
    imported_labor_cost = money(default=Decimal(0), editable=False)
    imported_parts_cost = money(default=Decimal(0), editable=False)
    imported_other_cost = money(default=Decimal(0), editable=False, validators=[])
    warranty_months = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    warranty_until = models.DateField(null=True, blank=True)
    warranty_distance = models.PositiveIntegerField(null=True, blank=True)
    odometer = models.PositiveIntegerField(null=True, blank=True)
    failure_mode = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=200, blank=True)
    remedy = models.CharField(max_length=200, blank=True)
    order_type = models.CharField(
        max_length=40,
        blank=True,
        help_text="What another system calls this kind of work; “predictive” where one foretold a failure.",
    )
    external_id = models.CharField(max_length=100, blank=True)
    booking_reference = models.CharField(max_length=100, blank=True)
    guest_id = models.CharField(max_length=100, blank=True)
    told = models.TextField(default="", db_default="", blank=True, editable=False)
    words = GeneratedField(
        expression=Upper(
            Concat(
                *(Value(" "), "title", Value(search.APART), "description", "told"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = TenantManager.from_queryset(WorkOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="worklogs_order_number"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="worklogs_order_external",
                violation_error_message="There is a work order with this external id already.",
            ),
            # a date is worked on once; a cancelled order makes room for another by hand
            models.UniqueConstraint(
                fields=["occurrence"],
                condition=Q(occurrence__isnull=False) & ~Q(status=states.CANCELLED),
                name="worklogs_order_of_date",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_start_at=None)
                | Q(scheduled_end_at=None)
                | Q(scheduled_start_at__lt=F("scheduled_end_at")),
                name="worklogs_order_times",
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=states.HELD_BY_SOMEBODY) | Q(assigned_to__isnull=False),
                name="worklogs_order_assignee",
            ),
            only_in(_DONE, "completed_at", name="worklogs_order_completed_stamp"),
            only_in(states.VERIFIED, "verified_at", name="worklogs_order_verified_stamp"),
            only_in(_ENDED, "closed_at", name="worklogs_order_closed_stamp"),
            only_in(states.DUPLICATE, "duplicate_of", name="worklogs_order_duplicate"),
            models.CheckConstraint(
                condition=Q(duplicate_of=None) | ~Q(duplicate_of=F("id")),
                name="worklogs_order_not_itself",
                violation_error_message="An order cannot be its own duplicate.",
            ),
            only_in(states.ON_HOLD, "held_at", name="worklogs_order_held_stamp"),
            both_or_neither("schedule", "occurrence", label="worklogs_order_plan_pair"),
            models.CheckConstraint(
                condition=Q(labor_cost__gte=0, parts_cost__gte=0), name="worklogs_order_costs"
            ),
        ]
        indexes = INDEXES

    @property
    def total_cost(self) -> Decimal:
        """Labour, parts and everything else."""
        total: Decimal = self.labor_cost + self.parts_cost + self.other_cost
        return total

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"
