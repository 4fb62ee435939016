"""Celery tasks: doorbells. What has to be done stands in the database."""

from celery import shared_task
from django.utils import timezone

from core.services import background


@shared_task(name="core.work", acks_late=True, ignore_result=True, time_limit=1800)
def work(**_: object) -> None:
    """One round of everything that waits; beat rings it, and every commit that publishes an event."""
    background.work(timezone.now)
