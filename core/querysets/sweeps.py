from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

#: How a run can end.
OUTCOMES = ("succeeded", "failed")


def runs_in(kept: object) -> dict[str, int]:
    """The numbers of runs in what a job keeps of its runs."""
    found = kept.get("runs") if isinstance(kept, dict) else None
    return found if isinstance(found, dict) else dict.fromkeys(OUTCOMES, 0)


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

    def release(
        self, name: str, *, leased_until: datetime, ended: str, result: Any, **outcome: Any
    ) -> bool:
        """Record the outcome, unless the lease ran out and another node took the job. `ended` is one of `OUTCOMES`, or
        nothing when the program was stopped. The lease keeps others from counting meanwhile.
        """
        held = self.filter(pk=name, leased_until=leased_until)
        kept = held.values_list("last_result", flat=True).first()
        runs = runs_in(kept)
        if ended:
            runs = {**runs, ended: runs[ended] + 1}
        if ended != "succeeded":
            result = kept.get("result") if isinstance(kept, dict) else None
        record = {"result": result, "runs": runs}
        return held.update(leased_until=None, last_result=record, **outcome) == 1

    def note_alive(self, name: str, *, now: datetime) -> None:
        """It does its work at this moment."""
        if not self.filter(pk=name).update(last_succeeded_at=now):
            first = {"next_run_at": now, "last_succeeded_at": now}
            self.get_or_create(name=name, defaults=first)
