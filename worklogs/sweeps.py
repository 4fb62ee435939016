"""Periodic jobs of work."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from worklogs.services import generation, judging, sla_sweep, uploads


@sweep("worklogs.remove_unused_uploads", every=timedelta(hours=6))
def remove_unused_uploads(now: datetime) -> object:
    """Files that were uploaded for an object that never came to be."""
    return {"removed": uploads.remove_unused(now=now)}


@sweep("worklogs.generate_work_orders", every=timedelta(minutes=1), long=True)
def generate_work_orders(now: datetime) -> object:
    """Dates that came due become orders."""
    return {"generated": generation.generate_due_organizations(now=now)}


@sweep("worklogs.judge_priorities", every=timedelta(minutes=5))
def judge_priorities(now: datetime) -> object:
    """What is due soon becomes more urgent."""
    return {"judged": judging.judge_again(now=now)}


@sweep("worklogs.watch_targets", every=timedelta(minutes=1))
def watch_targets(now: datetime) -> object:
    """Warnings before a deadline, breaches, escalations."""
    return sla_sweep.sweep(now=now)
