"""Figures of what leaves, for `/metrics`: how far publication and its readers have come."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf

from django.conf import settings
from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric

from core.models import OutboxEvent
from integrations.models import (
    DeadLetter,
    InboundEvent,
    Outlet,
    Publication,
    PublishedEvent,
    Webhook,
    WebhookDelivery,
)
from integrations.services.inbound import listening
from integrations.services.outlets import NotSent
from reporting import metrics

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


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
    lately = GaugeMetricFamily(
        "mainstay_webhook_deliveries_last_hour",
        "Attempts of the last hour to hand events to webhooks.",
        labels=["channel", "state"],
    )
    for state, number in WebhookDelivery.objects.outcomes_since(now - _HOUR).items():
        lately.add_metric(["webhook", state], number)
    yield lately


@metrics.add_source
def inbound(now: datetime) -> Iterable[Metric]:
    """What other systems told, what of it still waits, and what nobody could read."""
    came = GaugeMetricFamily(
        "mainstay_inbound", "Events received in the last 24 hours by state.", labels=["state"]
    )
    rows = InboundEvent.objects.filter(received_at__gte=now - _DAY).order_by()
    counts = dict(rows.values_list("state").annotate(count=Count("pk")))
    for state in InboundEvent.State.values:
        came.add_metric([state], counts.get(state, 0))
    yield came
    due = InboundEvent.objects.due(now=now).aggregate(since=Min("next_at"))["since"]
    yield GaugeMetricFamily(
        "mainstay_inbound_waiting_seconds",
        "How long the one that has been due longest has waited.",
        value=_seconds(due, now),
    )
    yield GaugeMetricFamily(
        "mainstay_dead_letters",
        "Messages that could not be read and wait for a person.",
        value=DeadLetter.objects.unsettled().count(),
    )


@metrics.add_source
def inlets(now: datetime) -> Iterable[Metric]:
    """Whether anybody hears what other systems tell, whether they tell something or not."""
    silent = GaugeMetricFamily(
        "mainstay_inlet_silent_seconds",
        "Time since somebody last listened to the inlet and its server answered.",
        labels=["inlet"],
    )
    heard = listening.last_heard()
    for name, at in heard.items():
        silent.add_metric([name], _seconds(at, now) if at else inf)
    yield silent


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
