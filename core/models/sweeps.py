from django.db import models

from core.querysets.sweeps import SweepStateQuerySet


class SweepState(models.Model):
    """When a periodic job runs next and how its last run went; one row per job, for all nodes."""

    name = models.CharField(max_length=100, primary_key=True)
    next_run_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_succeeded_at = models.DateTimeField(null=True, blank=True)
    last_failed_at = models.DateTimeField(null=True, blank=True)
    last_duration_ms = models.PositiveIntegerField(null=True, blank=True)
    last_result = models.JSONField(null=True, blank=True)
    last_error = models.TextField(blank=True, help_text="Empty when the last run succeeded.")

    objects = SweepStateQuerySet.as_manager()

    class Meta:
        verbose_name = "periodic job"

    def __str__(self) -> str:
        return self.name
