from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from django.db import models

from core import tenant_guard
from core.ids import new_id
from core.querysets import TenantManager, TenantQuerySet
from core.tenancy import current_scope


class TenantModel(models.Model):
    """A row that belongs to one organisation.

    Inserts adopt the organisation in reach. Writing another organisation's row, or pointing at
    one, raises CrossTenantWrite; anything outside a scope raises TenantScopeMissing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,  # every index that a query needs begins with it or with a key that implies it
    )
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    # Any: to type checkers each model has the manager of its own queryset
    objects: Any = TenantManager.from_queryset(TenantQuerySet)()

    # Rows that every organisation may point at, for instance the install's own operators.
    shared_rows: ClassVar[models.Q | None] = None

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save_base(self, raw: bool = False, *args: Any, **kwargs: Any) -> None:
        """Every way of saving one row comes through here; `raw` is a fixture being loaded."""
        tenant_guard.adopt_scope(self)
        if not raw:
            tenant_guard.check_foreign_keys([self], kwargs.get("update_fields"))
        super().save_base(raw, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        tenant_guard.adopt_scope(self)
        return super().delete(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        """Adopts the scope first, so that a new row is not told that its organisation is missing."""
        self._adopt_missing()
        super().full_clean(*args, **kwargs)

    def unique_error_message(self, model_class: Any, unique_check: Any) -> Any:
        """Without the organisation, which nobody chose and nobody could change."""
        names = tuple(name for name in unique_check if name != "organization")
        return super().unique_error_message(model_class, names or unique_check)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(self._with_organization(exclude))

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Forms leave the organisation out; uniqueness inside it is still checked."""
        super().validate_constraints(self._with_organization(exclude))

    def _with_organization(self, exclude: Collection[str] | None) -> set[str]:
        self._adopt_missing()
        return set(exclude or ()) - {tenant_guard.OWNER}

    def _adopt_missing(self) -> None:
        missing: bool = getattr(self, f"{tenant_guard.OWNER}_id") is None
        if missing and isinstance(scope := current_scope(), UUID):
            self.organization_id = scope
