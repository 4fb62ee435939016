from django.conf import settings
from django.db import models

from core.models.tenant import TenantModel


class ListPreference(TenantModel):
    """Which columns of one list of the console a person wants to see; without a row the list's own choice stands.

    The first column always shows. Names of columns that a list no longer has are passed over.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=100, help_text="Of the list, such as scheduling.schedule.")
    columns = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        constraints = (
            # begins with the person: also the index of the foreign key
            models.UniqueConstraint(
                fields=["user", "organization", "name"], name="core_list_preference_once"
            ),
        )

    def __str__(self) -> str:
        return f"Columns of {self.name}"
