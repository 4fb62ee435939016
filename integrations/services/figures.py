"""Figures of what leaves, for `/metrics`: how far publication and its readers have come."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db.models import Min
from prometheus_client.core import GaugeMetricFamily, Metric

from core.models import OutboxEvent
from integrations.models import Outlet, Publication, PublishedEvent, Webhook
from integrations.services.outlets import NotSent
from reporting import metrics


@metrics.add_source
def publication(now: datetime) -> Iterable[Metric]:
    """What nobody outside has heard of yet."""
    oldest = OutboxEvent.objects.to_publish().aggregate(moment=Min("occurred_at"))["moment"]
    yield GaugeMetricFamily(
        "mainstay_publication_behind_seconds",
        "How long the oldest event that awaits its publication has waited.",
        value=_seconds(oldest, now),
    )
    yield GaugeMetricFamily(
        "mainstay_publication_untold",
        "Events that could not be published and wait for a person.",
        value=OutboxEvent.objects.untold().count(),
    )


@metrics.add_source
def outlets(now: datetime) -> Iterable[Metric]:
    """How far each reader of everybody's events has come."""
    behind = GaugeMetricFamily(
        "mainstay_outlet_behind",
        "Events that the outlet has not handed over yet.",
        labels=["outlet"],
    )
    seconds = GaugeMetricFamily(
        "mainstay_outlet_behind_seconds",
        "How long ago the oldest of them was published.",
        labels=["outlet"],
    )
    failing = GaugeMetricFamily(
        "mainstay_outlet_failing", "1 while the far side takes nothing.", labels=["outlet"]
    )
    head = Publication.objects.head()
    for outlet in Outlet.objects.order_by("pk"):
        first = PublishedEvent.objects.after(outlet.position).values_list("published_at", flat=True)
        behind.add_metric([outlet.name], head - outlet.position)
        seconds.add_metric([outlet.name], _seconds(first.first(), now))
        failing.add_metric([outlet.name], int(outlet.failing_since is not None))
    yield from (behind, seconds, failing)


@metrics.add_source
def webhooks(now: datetime) -> Iterable[Metric]:
    """How the receivers of all organisations stand."""
    found = GaugeMetricFamily(
        "mainstay_webhooks",
        "Webhooks that are well, fail at the moment, and were switched off because of that.",
        labels=["state"],
    )
    for state, number in Webhook.objects.figures().items():
        found.add_metric([state], number)
    yield found


@metrics.add_source
def socket_servers(now: datetime) -> Iterable[Metric]:
    """Who hands events on to open pages; only where they go through Redis."""
    family = GaugeMetricFamily(
        "mainstay_socket_servers", "Processes that hand events on to open pages."
    )
    if settings.REDIS_URL and settings.LIVE_PAGES:
        from integrations.outlets import sockets  # its package takes a third of a second to load

        with suppress(NotSent):
            family.add_metric([], sockets.outlet().listeners())
    yield family


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0) if since else 0
