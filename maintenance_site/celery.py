"""Celery: beat ticks, workers do rounds; `run_worker` does the same without a broker."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import celeryd_init, setup_logging

from core import correlation, tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")

_CAUSE = "x_correlation_id"


class CausedTask(Task):
    """A task goes on with the correlation id and in the trace of whoever rang for it."""

    def apply_async(self, *args: Any, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """Rings; the cause travels in the message's headers."""
        cause = {_CAUSE: correlation.current(), **tracing.headers()}
        return super().apply_async(*args, headers={**(headers or {}), **cause}, **options)

    def __call__(self, *args: Any, **arguments: Any) -> Any:
        """Runs in a worker."""
        sent = self.request.headers or {}
        with (
            correlation.correlated(sent.get(_CAUSE)),
            tracing.span(self.name, kind="consumer", caller=sent.get("traceparent", "")),
        ):
            return self.run(*args, **arguments)


app = Celery("mainstay", task_cls=CausedTask)
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
