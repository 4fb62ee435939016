"""What was sent to whom, and what did not arrive."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.rights import Right
from core.admin.base import ReadOnlyModelAdmin
from core.rights_hook import has_right
from core.rules.moments import day_and_time
from notifications.models import Delivery
from notifications.services import deliveries
from scheduling.admin import shown

_SIGNS: dict[str, tuple[str, str]] = {
    Delivery.State.COLLECTING: ("info", "hourglass_top"),
    Delivery.State.PENDING: ("info", "schedule_send"),
    Delivery.State.SENT: ("success", "check_circle"),
    Delivery.State.FAILED: ("danger", "error"),
    Delivery.State.DROPPED: ("", "do_not_disturb_on"),
}
_DIGESTS: dict[str, str] = {
    Delivery.Pace.PROMPT: "Digest",
    Delivery.Pace.URGENT: "Urgent",
    Delivery.Pace.HELD: "Digest that waits",
    Delivery.Pace.STORM: "Digest of a storm",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    """Read only; a failed delivery can be given all its tries again."""

    view_right = Right.DELIVERY_VIEW
    list_display = ("to", "channel", "about", "status", "tries", "made", "problem")
    more_columns = ("address",)
    list_filter = ("state", "channel")
    search_fields = (
        "recipient__name",
        "booking__reference",
        "address",
        "subject",
        "message_id",
        "correlation_id",
    )
    list_select_related = ("recipient", "booking__resource", "follower", "room")
    ordering = ("-created_at",)
    actions = ("try_again", "export")
    empty_list = {
        "icon": "outgoing_mail",
        "title": "Nothing was sent yet",
        "text": "Every message shows up here with its state, its tries and what went wrong.",
        "action": "",
    }
    fieldsets = (
        (None, {"fields": ("to", "channel", "address", "about", "status", "problem")}),
        ("When", {"fields": ("tries", "next_try", "sent", "given_up")}),
        (
            "For support",
            {"classes": ("collapse",), "fields": ("mail_number", "answer_number", "causes")},
        ),
    )
    readonly_fields = tuple(name for _, part in fieldsets for name in part["fields"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown.looked_at_by(request)
        hidden = ("booking__contact_name", "booking__contact_email", "follower__contact_email")
        return super().get_queryset(request).defer(*hidden)

    @admin.display(description="recipient", ordering="recipient__name")
    def to(self, delivery: Delivery) -> str:
        """The person, or whose booking it is about: the address of who is no user is shown nowhere."""
        return delivery.told[:1].upper() + delivery.told[1:]

    @admin.display(description="state", ordering="state")
    def status(self, delivery: Delivery) -> SafeString:
        """By colour, icon and word."""
        tone, icon = _SIGNS[delivery.state]
        return shown.chip(delivery.get_state_display(), tone, icon)

    @admin.display(description="created", ordering="created_at")
    def made(self, delivery: Delivery) -> str:
        """In the viewer's zone."""
        return day_and_time(delivery.created_at, shown.viewer.get().zone)

    @admin.display(description="about")
    def about(self, delivery: Delivery) -> str:
        """The subject of a letter; a digest is one."""
        return delivery.subject or _DIGESTS[delivery.pace]

    @admin.display(description="tries", ordering="attempts")
    def tries(self, delivery: Delivery) -> int:
        """How often it was attempted."""
        return delivery.attempts

    @admin.display(description="what went wrong")
    def problem(self, delivery: Delivery) -> str:
        """The last refusal, as the far side or the network put it."""
        return delivery.last_error or shown.EMPTY

    @admin.display(description="next try")
    def next_try(self, delivery: Delivery) -> str:
        """Only what still waits is tried again."""
        waits = delivery.state in {Delivery.State.COLLECTING, Delivery.State.PENDING}
        return self._time(delivery.available_at if waits else None)

    @admin.display(description="sent")
    def sent(self, delivery: Delivery) -> str:
        """When the far side took it."""
        return self._time(delivery.sent_at)

    @admin.display(description="given up")
    def given_up(self, delivery: Delivery) -> str:
        """After the last try."""
        return self._time(delivery.failed_at)

    @admin.display(description="number of the message")
    def mail_number(self, delivery: Delivery) -> str:
        """Its Message-ID, the same at every try."""
        return delivery.message_id

    @admin.display(description="number on the far side")
    def answer_number(self, delivery: Delivery) -> str:
        """By which the far side names it."""
        return delivery.provider_id or shown.EMPTY

    def _time(self, moment: datetime | None) -> str:
        return day_and_time(moment, shown.viewer.get().zone) if moment else shown.EMPTY

    @admin.display(description="number of what caused it")
    def causes(self, delivery: Delivery) -> str:
        """What caused it, as the audit trail and the log name it; a digest may have several causes."""
        told = delivery.notifications.order_by("correlation_id").values_list("correlation_id")
        found = {delivery.correlation_id, *(cause for (cause,) in told.distinct())}
        return ", ".join(sorted(found - {""})) or "–"

    @admin.action(description="Try again", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Give the chosen ones that failed all their tries again."""
        now = timezone.now()
        count = sum(deliveries.retry(row, by=request.user, now=now) for row in queryset)
        self.message_user(request, f"{count} will be tried again; the others have not failed.")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever may see deliveries may have them tried again."""
        return has_right(request.user, Right.DELIVERY_VIEW)
