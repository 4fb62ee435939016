"""One import of a file."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.ids import new_id
from core.models import TenantModel
from core.querysets import TenantManager
from integrations.querysets import ImportRunQuerySet


def stored_name(run: "ImportRun", filename: str) -> str:
    """Where its files lie: under the organisation, by an id nobody can guess."""
    return f"{run.organization_id}/imports/{new_id().hex}.csv"


class ImportRun(TenantModel):
    """A file on its way into the system: uploaded, tried, and taken over or refused.

    `options` says how it is read (encoding, delimiter, mapping, date order). The counts are those of the last try;
    `is_dry_run` tells that nothing was written. The uploaded file is kept until the import is over. `attempts` counts
    the workers that began it.
    """

    class Entity(models.TextChoices):
        RESOURCES = "resources", "Resources"
        SCHEDULES = "schedules", "Schedules"
        LOGS = "logs", "Logs"
        WORK_ORDERS = "work_orders", "Work orders"
        USERS = "users", "Users"
        BOOKINGS = "bookings", "Bookings"
        CALENDAR = "calendar", "Calendar of bookings"

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        CHECKED = "checked", "Checked, nothing written"
        DONE = "done", "Taken over"
        PARTIAL = "partial", "Partly taken over"
        REFUSED = "refused", "Refused, nothing written"
        FAILED = "failed", "Stopped by a fault, nothing more written"

    entity = models.CharField(max_length=20, choices=Entity)
    file_name = models.CharField(max_length=200)
    file = models.FileField(upload_to=stored_name, max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    options = models.JSONField(default=dict, blank=True)
    is_dry_run = models.BooleanField(default=False)
    is_partial = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    first_problems = models.JSONField(default=list, blank=True)
    error_file = models.FileField(upload_to=stored_name, max_length=255, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ImportRunQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    entity__in=[
                        *("resources", "schedules", "logs", "work_orders"),
                        *("users", "bookings", "calendar"),
                    ]
                ),
                name="integrations_import_entity",
            ),
        ]
        indexes = [
            # the list, newest first
            models.Index(
                fields=["organization", "-created_at", "-id"], name="integrations_import_list"
            ),
            # the worker's
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="integrations_import_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"Import of {self.get_entity_display().lower()} from {self.file_name}"

    @property
    def is_over(self) -> bool:
        """Nothing more happens to it."""
        return self.state in {self.State.DONE, self.State.PARTIAL, self.State.FAILED}
