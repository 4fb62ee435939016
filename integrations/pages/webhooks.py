"""The page of one webhook: what happens next, what was sent, and what can be done about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time
from integrations.admin.webhooks import SECRET, keep_secret_for_page, standing
from integrations.models import Webhook, WebhookDelivery
from integrations.rules.webhook_retries import GIVEN_UP_AFTER
from integrations.services import webhooks

_PAGE = 50
_OUTCOMES = {
    **{"": "All", "taken": "Taken", "refused": "Refused"},
    **{"unreached": "Not reached", "waiting": "Waiting"},
}
_TONES = {
    WebhookDelivery.Outcome.TAKEN: ("success", "check_circle"),
    WebhookDelivery.Outcome.REFUSED: ("danger", "block"),
    WebhookDelivery.Outcome.UNREACHED: ("danger", "link_off"),
    WebhookDelivery.Outcome.WAITING: ("info", "hourglass_empty"),
}


@console_page(Right.WEBHOOK_MANAGE)
@require_GET
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How it stands, and its deliveries, newest first."""
    webhook, now = _webhook(request, pk), timezone.now()
    zone = zone_name_of(cast(User, request.user))
    outcome = request.GET.get("outcome", "")
    rows = _deliveries(request, webhook, outcome)
    return render_page(
        request,
        "integrations/webhook.html",
        title=webhook.name,
        webhook=webhook,
        standing=standing(webhook),
        secret=_secret(request),
        waiting=_counted(webhooks.waiting(webhook)),
        given_up=_given_up(webhook, zone),
        next_at=_said(webhook.next_at, zone) if webhook.next_at > now else "now",
        old_secret_until=_old_secret_until(webhook, now, zone),
        made=day_and_time(webhook.created_at, zone),
        last_taken=_said(webhook.succeeded_at, zone),
        disabled=_said(webhook.disabled_at, zone),
        deliveries=[_shown(row, zone) for row in rows[:_PAGE]],
        older=rows[_PAGE - 1].pk if len(rows) > _PAGE else None,
        outcomes=_OUTCOMES,
        outcome=outcome,
    )


def _deliveries(request: HttpRequest, webhook: Webhook, outcome: str) -> list[WebhookDelivery]:
    """One more than a page; `before` is the last of the page before."""
    user = cast(User, request.user)
    rows = WebhookDelivery.objects.visible_to(user).filter(webhook=webhook)
    if outcome in WebhookDelivery.Outcome.values:
        rows = rows.filter(outcome=outcome)
    if text := request.GET.get("before"):
        last = rows.filter(pk=_key(text)).first()
        if last is None:
            raise Http404
        rows = rows.older_than(last.at, last.pk)
    return list(rows.newest_first()[: _PAGE + 1])


def _shown(row: WebhookDelivery, zone: str) -> dict[str, Any]:
    tone, icon = _TONES[WebhookDelivery.Outcome(row.outcome)]
    return {"row": row, "at": day_and_time(row.at, zone), "tone": tone, "icon": icon}


def _counted(number: int) -> str:
    if number > webhooks.MOST_COUNTED:
        return f"More than {webhooks.MOST_COUNTED:,} events wait"
    return {0: "", 1: "1 event waits"}.get(number, f"{number:,} events wait")


def _given_up(webhook: Webhook, zone: str) -> str:
    since = webhook.failing_since
    return _said(since and since + GIVEN_UP_AFTER, zone)


def _old_secret_until(webhook: Webhook, now: datetime, zone: str) -> str:
    until = webhook.previous_secret_until
    return _said(until, zone) if until is not None and until > now else ""


def _said(moment: datetime | None, zone: str) -> str:
    return day_and_time(moment, zone) if moment is not None else ""


def _secret(request: HttpRequest) -> str:
    """That of the message that was left for this page."""
    found = [str(one) for one in messages.get_messages(request) if SECRET in one.tags.split()]
    return found[-1].rpartition(" ")[2] if found else ""


def _command(act: Callable[[HttpRequest, Webhook, User, datetime], str]) -> Any:
    """A button of the page: does something and comes back with a word about it."""

    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        webhook = _webhook(request, pk)
        try:
            said = act(request, webhook, cast(User, request.user), timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            if said:
                messages.success(request, said)
        return redirect("admin:webhook_detail", pk=pk)

    view.__name__, view.__doc__ = act.__name__, act.__doc__
    return console_page(Right.WEBHOOK_MANAGE)(require_POST(view))


@_command
def enable(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Switch it on."""
    from_now = request.POST.get("start") == "now"
    webhooks.enable(webhook, from_now=from_now, by=by, now=now)
    return "Switched on." if from_now else "Switched on. What it missed leaves now, in order."


@_command
def disable(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Switch it off."""
    webhooks.disable(webhook, by=by, now=now)
    return "Switched off. It keeps its place for 30 days."


@_command
def retry(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Try at once what was refused."""
    webhooks.retry(webhook, by=by, now=now)
    return "It is tried now."


@_command
def rotate(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Give it a new secret."""
    keep_secret_for_page(request, webhooks.rotate_secret(webhook, by=by, now=now))
    return ""


@_command
def test(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Send it an event that says nothing."""
    webhooks.send_test(webhook, by=by, now=now)
    return "A test is on its way; below you see how it goes."


@_command
def redeliver(request: HttpRequest, webhook: Webhook, by: User, now: datetime) -> str:
    """Send it an event once more."""
    rows = WebhookDelivery.objects.visible_to(by).select_related("webhook")
    found = rows.filter(webhook=webhook, pk=_key(request.POST.get("delivery", ""))).first()
    if found is None:
        raise Http404
    webhooks.redeliver(found, by=by, now=now)
    return f"{found.event_type} is sent once more."


def _webhook(request: HttpRequest, pk: UUID) -> Webhook:
    rows = Webhook.objects.visible_to(cast(User, request.user)).select_related("created_by")
    found: Webhook | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
