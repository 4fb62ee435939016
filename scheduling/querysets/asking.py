"""Questions to the contacts of bookings."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef

from core.querysets import TenantQuerySet
from scheduling import states


class InquiryQuerySet(TenantQuerySet[Any]):
    """Questions of the organisation in scope."""

    def standing(self) -> "InquiryQuerySet":
        """Those about a draft that is still where it was when they were asked."""
        return self.filter(
            revoked_at=None,
            window__status=states.DRAFT,
            window__resource=F("resource"),
            window__blocked_from=F("blocked_from"),
            window__blocked_to=F("blocked_to"),
        )

    def unanswered(self) -> "InquiryQuerySet":
        """Without any answer."""
        answers = self.model._meta.get_field("answers").related_model
        return self.filter(~Exists(answers._base_manager.filter(inquiry=OuterRef("pk"))))

    def overdue(self, *, now: datetime) -> "InquiryQuerySet":
        """Standing, their time to answer is over, no answer came, and the window has not begun."""
        silent = self.standing().unanswered()
        return silent.filter(answer_by__lte=now, window__starts_at__gt=now)
