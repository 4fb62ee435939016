from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q


class SweepStateQuerySet(models.QuerySet[Any, Any]):
    def due(self, now: datetime) -> "SweepStateQuerySet":
        return self.free(now).filter(next_run_at__lte=now).order_by("next_run_at", "pk")

    def free(self, now: datetime) -> "SweepStateQuerySet":
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now))

    def claim(
        self, name: str, *, now: datetime, every: timedelta, lease: timedelta, early: bool = False
    ) -> bool:
        """Take the job for `lease`; only one caller's UPDATE matches. `early` runs it before its time."""
        rows = self.free(now) if early else self.due(now).order_by()
        taken = rows.filter(pk=name).update(
            leased_until=now + lease, last_started_at=now, next_run_at=now + every
        )
        return taken == 1

    def release(self, name: str, *, leased_until: datetime, **outcome: Any) -> bool:
        """Record the outcome, unless the lease ran out and another node took the job."""
        return (
            self.filter(pk=name, leased_until=leased_until).update(leased_until=None, **outcome)
            == 1
        )
