"""Webhooks in the console: their list and form; the page of one is in `integrations/pages/webhooks.py`."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.rights import Right
from core.admin.base import ModelAdmin
from core.rules.moments import day_and_time
from integrations.models import Webhook
from integrations.services import webhooks
from scheduling.admin import shown

#: Marks the message that bears a secret, for the page that shows it with a button to copy it.
SECRET = "secret"  # noqa: S105 - a mark
_THINGS = {
    **{"sla": "Service levels", "log": "Records of work", "maintenance": "Due maintenance"},
    **{"inventory": "Stock", "predictive": "Foreseen failures"},
}


def standing(webhook: Webhook) -> tuple[str, str, str]:
    """How it stands in words, with the colour and the icon."""
    if not webhook.is_active:
        by_itself = webhook.disabled_reason != Webhook.Reason.PERSON
        said = f"Switched off: {webhook.get_disabled_reason_display().lower()}"
        return (said, "danger", "link_off") if by_itself else ("Switched off", "", "toggle_off")
    if webhook.failing_since is not None:
        return "Receiver fails", "warning", "sync_problem"
    if webhook.succeeded_at is None:
        return "Nothing sent yet", "info", "hourglass_empty"
    return "In use", "success", "check_circle"


def keep_secret_for_page(request: HttpRequest, webhook: Webhook) -> None:
    """The next page shows it, and no other ever."""
    said = f"Copy the secret of {webhook} now, it is not shown again: {webhook.secret}"
    messages.warning(request, said, extra_tags=SECRET)


def _choices() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for one in webhooks.choosable():
        found.setdefault(one.thing, []).append(
            (one.name, one.summary.replace("`", "“", 1).replace("`", "”"))
        )
    for thing, events in found.items():
        words = f"{thing.replace('-', ' ').capitalize()}s"
        yield _THINGS.get(thing, words), events


class EventChoices(forms.CheckboxSelectMultiple):
    """Check boxes by what the events are about, each with what it says."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = self.get_context(name, value, attrs)
        return SafeString(render_to_string("integrations/event_choices.html", context))


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where events go, and which."""

    event_types = forms.MultipleChoiceField(
        label="Events",
        required=False,
        choices=_choices,
        widget=EventChoices,
    )

    class Meta:
        model = Webhook
        fields = ()
        labels = {"url": "Address"}
        help_texts = {
            "name": "Who receives, such as Booking service.",
            "url": "Events are posted to it as JSON, one after the other. It answers with 200 when it has taken one.",
        }


@admin.register(Webhook)
class WebhookAdmin(ModelAdmin):
    """Who hears of what happens here, and whether they take it."""

    view_right = add_right = change_right = delete_right = Right.WEBHOOK_MANAGE
    list_display = ("webhook", "receiver", "events", "state", "last_taken")
    list_display_links = None
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    ordering = ("name", "pk")
    form = WebhookForm
    fields = ("name", "url", "event_types")
    empty_list = {
        "icon": "webhook",
        "title": "No webhook yet",
        "text": "A webhook tells another system at once what happens here: a room is ready, a task is late, a window "
        "is planned. Enter the address it listens at, and choose what it hears.",
        "action": "New webhook",
    }

    class Media:
        css = {"all": ("integrations/webhooks.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        shown.looked_at_by(request)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """It leads to the page of the webhook, which shows a new one's secret, and nowhere else."""
        only = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().changeform_view(
            request, object_id, form_url, {**only, **(extra_context or {})}
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        now = timezone.now()
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            webhooks.change_webhook(obj, changes, by=by, now=now)
        else:
            webhooks.create_webhook(obj, by=by, now=now)
            keep_secret_for_page(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return HttpResponseRedirect(reverse("admin:webhook_detail", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        self.message_user(request, "Saved.")
        return HttpResponseRedirect(reverse("admin:webhook_detail", args=[obj.pk]))

    @admin.display(description="webhook", ordering="name")
    def webhook(self, row: Webhook) -> SafeString:
        return shown.titled(reverse("admin:webhook_detail", args=[row.pk]), row.name)

    @admin.display(description="receiver")
    def receiver(self, row: Webhook) -> str:
        return urlsplit(row.url).netloc

    @admin.display(description="events")
    def events(self, row: Webhook) -> str:
        return f"{len(row.event_types)} chosen" if row.event_types else "All"

    @admin.display(description="state", ordering="is_active")
    def state(self, row: Webhook) -> SafeString:
        said, tone, icon = standing(row)
        sign = format_html(
            '<span class="material-symbols-outlined" aria-hidden="true">{}</span>', icon
        )
        return format_html('<span class="chip {}">{}{}</span>', tone, sign, said)

    @admin.display(description="last taken", ordering="succeeded_at")
    def last_taken(self, row: Webhook) -> SafeString | str:
        if row.succeeded_at is None:
            return shown.EMPTY
        return day_and_time(row.succeeded_at, shown.viewer.get().zone)
