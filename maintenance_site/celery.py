"""Celery: beat ticks, workers do rounds; `run_worker` does the same without a broker."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")

app = Celery("mainstay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # a tick that no worker took within its period is worth nothing: the next one does the same
    "work": {"task": "core.work", "schedule": 5.0, "options": {"expires": 5}},
    "long_work": {"task": "core.long_work", "schedule": 5.0, "options": {"expires": 5}},
}


@celeryd_init.connect  # type: ignore[untyped-decorator]
def wait_for_work(conf: Any, **_: object) -> None:
    """Workers wait on their connection for what comes, up to a second at a time, and hold up no request."""
    if "socket_timeout" in conf.broker_transport_options:
        conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": 5}


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_logging(**_: object) -> None:
    """Workers log as the site does: with a receiver here, Celery leaves the settings' LOGGING alone."""
