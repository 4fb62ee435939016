from django.db import models

from core.querysets.sweeps import SweepStateQuerySet, runs_in


class SweepState(models.Model):
    """When a periodic job runs next and how its last run went; one row per job, for all nodes.

    `last_result` keeps the result of the last run that succeeded and the numbers of runs. What listens all the time has
    a row, too (`note_alive`), of which only `last_succeeded_at` says something.
    """

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

    @property
    def runs(self) -> dict[str, int]:
        """How often it has `succeeded` and `failed`."""
        return runs_in(self.last_result)
