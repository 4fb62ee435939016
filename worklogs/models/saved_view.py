"""Lists of work orders that people come back to."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel
from core.querysets import TenantManager, TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class SavedViewQuerySet(TenantQuerySet[Any]):
    """Named lists."""

    def visible_to(self, user: "User") -> "SavedViewQuerySet":
        """One's own, and those that others share."""
        return self.filter(Q(owner=user) | Q(is_shared=True))


class SavedView(TenantModel):
    """A list of work orders under a name: its search and filters, as they stand in its address.

    It shows everybody what that person may see, whoever named it.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=60)
    query = models.CharField("filters", max_length=1000, blank=True)
    is_shared = models.BooleanField("for everybody", default=False)

    objects = TenantManager.from_queryset(SavedViewQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            # begins with the person: also the index of the foreign key
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="worklogs_view_once",
                violation_error_message="You have a view of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name
