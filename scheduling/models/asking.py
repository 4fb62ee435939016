"""Asking the contacts of bookings whether a window may have its time, and what people were told once."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models.booking import Booking
from scheduling.models.resource import Resource
from scheduling.models.window import Window
from scheduling.querysets.asking import InquiryQuerySet


class Inquiry(TenantModel):
    """One booking's contact is asked to make room for a planned window that is still a draft.

    It holds for the window as it stood then (`resource`, `blocked_from`, `blocked_to`): when the window moves, the
    question and its link are void. `answer_by` is when the planner is told that no answer came; an answer counts until
    the window begins.
    """

    window = models.ForeignKey(Window, on_delete=models.PROTECT, related_name="inquiries")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="inquiries")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    blocked_from = models.DateTimeField()
    blocked_to = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    answer_by = models.DateTimeField()
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(InquiryQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "inquiries"
        constraints = [
            models.UniqueConstraint(
                fields=["window", "booking"],
                condition=Q(revoked_at=None),
                name="scheduling_inquiry_one_open",
            ),
            models.CheckConstraint(
                condition=Q(blocked_from__lt=F("blocked_to")), name="scheduling_inquiry_order"
            ),
        ]
        indexes = [
            # whose time to answer is over
            models.Index(
                fields=["answer_by"],
                condition=Q(revoked_at=None),
                name="scheduling_inquiry_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking} about {self.window}"


class InquiryAnswer(TenantModel):
    """What the contact answered, or a planner on the contact's behalf (`answered_by`). The last one counts.

    `moved`: the booking is on `resource` from `starts_at` to `ends_at` now. `released`: it is cancelled. `kept`: it
    stays as it is, and the window has to look for another time. Append-only.
    """

    class Choice(models.TextChoices):
        MOVED = "moved", "Takes the alternative"
        RELEASED = "released", "Gives the booking up"
        KEPT = "kept", "Keeps the booking"

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="answers")
    choice = models.CharField(max_length=10, choices=Choice)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+", null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    choice="moved",
                    resource__isnull=False,
                    starts_at__isnull=False,
                    ends_at__isnull=False,
                )
                | Q(~Q(choice="moved"), resource=None, starts_at=None, ends_at=None),
                name="scheduling_answer_where_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inquiry}: {self.get_choice_display()}"


class WindowNotice(TenantModel):
    """A moment of a window that people were told about; the key makes it once, however many workers look.

    `moment` is the start that came near, the end that passed, or the time to answer that ran out: when the window
    moves, there is another moment to tell.
    """

    class About(models.TextChoices):
        COMING = "coming", "The start is near"
        STILL_OPEN = "still_open", "The end has passed"
        UNANSWERED = "unanswered", "Answers are missing"

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="notices")
    about = models.CharField(max_length=12, choices=About)
    moment = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["window", "about", "moment"], name="scheduling_notice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.window}: {self.get_about_display()}"
