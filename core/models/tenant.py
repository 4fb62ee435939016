from collections.abc import Collection, Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from core import tenant_guard
from core.ids import new_id
from core.models.conditions import holds
from core.models.constraints import already_taken
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
    # What the system works out from other columns; the audit trail records it, its pages do not show it.
    worked_out: ClassVar[frozenset[str]] = frozenset()

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

    def unique_error_message(self, model_class: Any, unique_check: Any) -> ValidationError:
        """Without the organisation, which nobody chose and nobody could change."""
        names = [name for name in unique_check if name != tenant_guard.OWNER]
        return ValidationError(already_taken(model_class, names or unique_check), code="unique")

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(self._with_organization(exclude))

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Forms leave the organisation out; uniqueness inside it is still checked, and told at the field."""
        exclude = self._with_organization(exclude)
        errors: dict[str, Any] = {}
        for model_class, constraints in self.get_constraints():
            for constraint in self._doubtful(constraints) if not exclude else constraints:
                try:
                    constraint.validate(model_class, self, exclude=exclude)
                except ValidationError as error:
                    self._blame(constraint, error).update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _doubtful(
        self, constraints: Iterable[models.BaseConstraint]
    ) -> Iterable[models.BaseConstraint]:
        """Without the conditions on the row itself that it meets, and without uniqueness that does not concern it.

        One question for what is left instead of one for each.
        """
        constraints = [one for one in constraints if not self._is_met(one)]
        checks = [one for one in constraints if isinstance(one, models.CheckConstraint)]
        if len(checks) < 2:
            return constraints
        conditions = [Q(one.condition) for one in checks]
        try:
            models.CheckConstraint(condition=Q(*conditions), name="all").validate(type(self), self)
        except ValidationError:
            return constraints
        return [one for one in constraints if one not in checks]

    def _is_met(self, constraint: models.BaseConstraint) -> bool:
        if isinstance(constraint, models.CheckConstraint):
            return holds(constraint.condition, self) is True
        condition = getattr(constraint, "condition", None)
        return condition is not None and holds(condition, self) is False

    def _blame(self, constraint: models.BaseConstraint, error: ValidationError) -> ValidationError:
        """A value that must be unique in the organisation is the fault of its field, in words."""
        if not isinstance(constraint, models.UniqueConstraint):
            return error
        names = [name for name in constraint.fields if name != tenant_guard.OWNER]
        if not names:
            return error
        said = self.unique_error_message(type(self), names)
        return ValidationError({names[0]: said}) if len(names) == 1 else said

    def _with_organization(self, exclude: Collection[str] | None) -> set[str]:
        self._adopt_missing()
        return set(exclude or ()) - {tenant_guard.OWNER}

    def _adopt_missing(self) -> None:
        missing: bool = getattr(self, f"{tenant_guard.OWNER}_id") is None
        if missing and isinstance(scope := current_scope(), UUID):
            self.organization_id = scope
