"""What finds work orders, each index with what it is for."""

from django.db import models
from django.db.models import Q

from worklogs import states

INDEXES = [
    # the list, newest first, page by page
    models.Index(fields=["organization", "-created_at", "-id"], name="worklogs_order_by_made"),
    # work lists: what is open, soonest first
    models.Index(
        fields=["organization", "due_at", "id"],
        condition=Q(status__in=states.OPEN),
        name="worklogs_order_open_by_due",
    ),
    # each state by itself, newest first
    models.Index(
        fields=["organization", "status", "-created_at", "-id"],
        name="worklogs_order_by_status",
    ),
    # the board: each state by itself, the soonest first; whole, for SQLite proves no condition
    models.Index(
        fields=["organization", "status", "due_at", "id"],
        name="worklogs_order_board_by_due",
    ),
    # triage: whose safety is at risk, then the newest
    models.Index(
        fields=["organization", "-safety_concern", "-reported_at", "-id"],
        condition=Q(status=states.REPORTED),
        name="worklogs_order_to_triage",
    ),
    # what is overdue now
    models.Index(
        fields=["organization", "overdue_at"],
        condition=Q(status__in=states.OPEN, overdue_at__isnull=False),
        name="worklogs_order_overdue",
    ),
    # what cannot wait: safety, escalated, or urgent and perhaps overdue
    models.Index(
        fields=["organization", "-safety_concern", "due_at", "id"],
        condition=Q(status__in=states.OPEN)
        & (
            Q(safety_concern=True)
            | Q(escalation_level__gt=0)
            | Q(priority__in=("critical", "high"), overdue_at__isnull=False)
        ),
        name="worklogs_order_cannot_wait",
    ),
    # what one person has to do
    models.Index(
        fields=["assigned_to", "due_at", "id"],
        condition=Q(status__in=states.OPEN),
        name="worklogs_order_my_work",
    ),
    models.Index(fields=["assigned_to", "-created_at"], name="worklogs_order_by_person"),
    # what one person reported
    models.Index(
        fields=["reported_by", "-created_at", "-id"],
        condition=Q(reported_by__isnull=False),
        name="worklogs_order_by_reporter",
    ),
    # the history of one resource, and open reports on it
    models.Index(fields=["resource", "-created_at"], name="worklogs_order_by_resource"),
    # housekeeping
    models.Index(
        fields=["organization", "-created_at", "-id"],
        condition=~Q(task_type=""),
        name="worklogs_order_tasks",
    ),
    # the few with a window, the duplicates of one, and those with a checklist
    models.Index(
        fields=["window"],
        condition=Q(window__isnull=False),
        name="worklogs_order_by_window",
    ),
    models.Index(
        fields=["duplicate_of"],
        condition=Q(duplicate_of__isnull=False),
        name="worklogs_order_duplicates",
    ),
    models.Index(
        fields=["checklist"],
        condition=Q(checklist__isnull=False),
        name="worklogs_order_by_checklist",
    ),
    # requests
    models.Index(
        fields=["organization", "-created_at", "-id"],
        condition=Q(occurrence=None, task_type=""),
        name="worklogs_order_requests",
    ),
    # the calendar: what is planned for a time
    models.Index(
        fields=["organization", "scheduled_start_at"],
        condition=Q(scheduled_start_at__isnull=False),
        name="worklogs_order_by_plan",
    ),
    # everything by its due date, page by page
    models.Index(fields=["organization", "due_at", "id"], name="worklogs_order_by_due"),
    # what was asked for because of a booking
    models.Index(
        fields=["organization", "booking_reference"],
        condition=~Q(booking_reference=""),
        name="worklogs_order_by_booking",
    ),
    # what was asked for because of a guest
    models.Index(
        fields=["organization", "guest_id"],
        condition=~Q(guest_id=""),
        name="worklogs_order_by_guest",
    ),
    # what is a team's
    models.Index(
        fields=["team", "-created_at", "-id"],
        condition=Q(team__isnull=False),
        name="worklogs_order_by_team",
    ),
    # what a vendor does
    models.Index(
        fields=["vendor", "-created_at", "-id"],
        condition=Q(vendor__isnull=False),
        name="worklogs_order_by_vendor",
    ),
    # what was done in a period, and what is not done by when it came
    models.Index(
        fields=["organization", "completed_at", "reported_at"],
        name="worklogs_order_by_done",
    ),
    # what came in a period
    models.Index(fields=["organization", "reported_at"], name="worklogs_order_by_came"),
    # whose priority the clock changes
    models.Index(
        fields=["priority_holds_until"],
        condition=Q(status__in=states.OPEN, priority_holds_until__isnull=False),
        name="worklogs_order_to_judge",
    ),
    # whose targets are to be looked at
    models.Index(
        fields=["sla_look_at"],
        condition=Q(sla_look_at__isnull=False),
        name="worklogs_order_sla_look",
    ),
    # how what was promised was kept
    models.Index(
        fields=["organization", "reported_at"],
        condition=Q(sla_policy__isnull=False) | Q(deadline_at__isnull=False),
        name="worklogs_order_promised",
    ),
]
