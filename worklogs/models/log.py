"""Completed work, append-only."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import Occurrence, Resource, Schedule
from worklogs.querysets import LogChainQuerySet, LogQuerySet


class Log(TenantModel):
    """One piece of work done on a resource.

    Rows are only ever added: database triggers refuse UPDATE and DELETE. A correction is a new row with
    `supersedes`; with `is_void` it says that the work was not done at all. `sequence` numbers the rows of an
    organisation without gaps, and `hash` covers the row's content and the hash before it, so that a changed or
    removed row shows (`verify_history`).
    """

    class Issues(models.TextChoices):
        NONE = "none", "None"
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"

    class Effect(models.TextChoices):
        SATISFIED = "satisfied", "Completed what was due"
        EXTRA = "extra", "Extra work, the due date stays"
        REPEAT = "repeat", "Already logged that day"
        VOID = "void", "Declared void"

    schedule = models.ForeignKey(
        Schedule, on_delete=models.PROTECT, related_name="logs", null=True, blank=True
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="logs")
    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.PROTECT, related_name="logs", null=True, blank=True
    )
    performed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="performed_logs",
        null=True,
        blank=True,
    )
    performed_at = models.DateTimeField()
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True)
    issues_found = models.CharField(max_length=5, choices=Issues, default=Issues.NONE)
    effect = models.CharField(max_length=10, choices=Effect, editable=False)
    attachment_hashes = models.JSONField(default=list, editable=False)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    is_void = models.BooleanField(default=False)
    correction_reason = models.CharField(max_length=300, blank=True)
    external_id = models.CharField("number in another system", max_length=100, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    recorded_at = models.DateTimeField(editable=False)
    sequence = models.PositiveBigIntegerField(editable=False)
    previous_hash = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False)
    # `recorded_at` says it, and the hash covers that one
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(LogQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "sequence"], name="worklogs_log_sequence"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="worklogs_log_external_id",
            ),
            models.CheckConstraint(
                condition=Q(is_void=False) | Q(supersedes__isnull=False),
                name="worklogs_log_void_supersedes",
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")),
                name="worklogs_log_not_itself",
            ),
        ]
        indexes = [
            # the list, newest first, page by page
            models.Index(
                fields=["organization", "-performed_at", "-id"], name="worklogs_log_by_performed"
            ),
            # where problems were found
            models.Index(
                fields=["organization", "-performed_at", "-id"],
                condition=~Q(issues_found="none"),
                name="worklogs_log_with_issues",
            ),
            # what one person did
            models.Index(
                fields=["performed_by", "-performed_at", "-id"], name="worklogs_log_by_person"
            ),
            # the history of one resource, and of one schedule
            models.Index(fields=["resource", "-performed_at"], name="worklogs_log_by_resource"),
            models.Index(fields=["schedule", "-performed_at"], name="worklogs_log_by_schedule"),
        ]

    def __str__(self) -> str:
        return f"{self.resource}, {self.performed_at:%Y-%m-%d %H:%M}"


class LogChain(TenantModel):
    """The end of an organisation's hash chain; writers queue on this row."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    objects = TenantManager.from_queryset(LogChainQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="worklogs_chain_once")]

    def __str__(self) -> str:
        return f"{self.sequence}"
