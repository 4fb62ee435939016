"""Celery tasks: doorbells. What has to be done stands in the database."""

import logging
import time

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import KombuError

from core.services import background

#: No round of short work takes so long; one that does is stuck.
WORK_LIMIT_SECONDS = 30 * 60
#: No file takes so long; whoever is stopped here renews no lease any more, and the work begins again.
LONG_WORK_LIMIT_SECONDS = 4 * 60 * 60
#: After a failure to reach the broker nobody tries again for so long: every try costs its caller a second.
QUIET_SECONDS = 15.0
#: A bell that no worker heard in this time is worth nothing; beat rings every few seconds anyway.
EXPIRES_SECONDS = 60
logger = logging.getLogger(__name__)
_quiet_until = 0.0


@shared_task(name="core.work", acks_late=True, ignore_result=True, time_limit=WORK_LIMIT_SECONDS)
def work(**_: object) -> None:
    """One round of everything that waits; beat rings it, and every commit that publishes an event."""
    background.work(timezone.now)


@shared_task(
    name="core.long_work", acks_late=True, ignore_result=True, time_limit=LONG_WORK_LIMIT_SECONDS
)
def long_work(**_: object) -> None:
    """What takes long, such as imports; it occupies one process of the workers at a time."""
    background.long_work(timezone.now)


def ring() -> None:
    """Wake a worker. A broker that is away neither fails nor holds up whoever has just committed."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        work.apply_async(retry=False, expires=EXPIRES_SECONDS)
    except (KombuError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("No worker was woken, the broker does not answer: %s", error)
