"""Plain edits of one row from any door: validated, saved and recorded in the audit trail."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import (
    ForeignKey,
    Model,
    ProtectedError,
    RestrictedError,
    TextField,
    UniqueConstraint,
)

from core import audit
from core.errors import Conflict, DomainError, Invalid
from core.models.constraints import already_taken

Row = TypeVar("Row", bound=Model)
_AUTOMATIC = {"id", "created_at", "updated_at"}


def create(instance: Row, *, by: Any, now: datetime) -> Row:
    """Insert a row. Raises Invalid with the errors by field, or Conflict when another was faster."""
    validate(instance)
    try:
        with transaction.atomic():
            instance.save(force_insert=True)
            after = snapshot(instance)
            audit.record(
                "create", instance, by=by, now=now, changes=audit.changes({}, _given(after))
            )
    except IntegrityError as error:
        raise translated(error, instance) from error
    return instance


def update(instance: Row, changes: Mapping[str, Any], *, by: Any, now: datetime) -> Row:
    """Set `changes` on a row. Only fields that differ from the database are written and recorded."""
    try:
        with transaction.atomic():
            stored = _locked(instance)
            for name, value in changes.items():
                setattr(instance, name, value)
            names = [
                name for name in _changeable(changes, instance) if _differs(instance, stored, name)
            ]
            if names:
                validate(instance)
                before, after = snapshot(stored, names), snapshot(instance, names)
                instance.save(force_update=True, update_fields=[*names, *_touched(instance)])
                found = audit.changes(before, after)
                audit.record("update", instance, by=by, now=now, changes=found)
    except IntegrityError as error:
        raise translated(error, instance) from error
    return instance


def catch_up(instance: Model, stored: Model, changes: Mapping[str, Any]) -> None:
    """Take over what others wrote since `instance` was loaded: every column of the locked row but `changes`."""
    kept = set(_changeable(changes, instance))
    for field in instance._meta.concrete_fields:
        if field.name not in kept:
            setattr(instance, field.attname, getattr(stored, field.attname))


def delete(instance: Model, *, by: Any, now: datetime) -> None:
    """Remove a row. Raises Conflict while other rows need it."""
    try:
        with transaction.atomic():
            before = {name: [value, None] for name, value in _given(snapshot(instance)).items()}
            audit.record("delete", instance, by=by, now=now, changes=before)
            instance.delete()
    except (ProtectedError, RestrictedError) as error:
        raise _still_needed(instance, error) from error
    except IntegrityError as error:
        raise translated(error, instance) from error


def snapshot(instance: Model, names: list[str] | None = None) -> dict[str, Any]:
    """The values of a row as people read them: related rows by their name."""
    fields = instance._meta.concrete_fields
    return {
        field.name: str(related)
        if field.is_relation and (related := getattr(instance, field.name))
        else getattr(instance, field.attname)
        for field in fields
        if (
            field.name in names
            if names is not None
            else not field.generated and field.name not in {*_AUTOMATIC, "organization"}
        )
    }


def translated(error: IntegrityError, instance: Model) -> DomainError:
    """The database's refusal in words, with the field where one can be blamed."""
    text = str(error)
    for constraint in instance._meta.constraints:
        if constraint.name in text or _names_columns(text, constraint, instance):
            message = str(constraint.get_violation_error_message())
            if isinstance(constraint, UniqueConstraint):
                return _taken(
                    instance, [name for name in constraint.fields if name != "organization"]
                )
            return Invalid(message)
    for field in instance._meta.concrete_fields:
        if (
            field.unique and f"{instance._meta.db_table}.{field.column}" in text
        ) or f"({field.column})=" in text:
            return _unusable(instance, field.name)
    if "FOREIGN KEY" in text.upper():
        return Conflict("A row that this one needs, or that needs it, is gone or still there.")
    return Conflict("The database refused the change because it contradicts another row.")


def validate(instance: Model) -> None:
    """Raise Invalid, with the errors by field, unless the row is complete and consistent."""
    try:
        instance.full_clean()
        _check_lengths(instance)
    except ValidationError as error:
        raise invalid(error) from error


def _check_lengths(instance: Model) -> None:
    """Django looks at how long a text may be in its forms only. Raises ValidationError."""
    errors = {}
    for field in instance._meta.concrete_fields:
        longest = field.max_length if isinstance(field, TextField) else None
        if longest and len(getattr(instance, field.attname) or "") > longest:
            errors[field.name] = f"At most {longest:,} characters."
    if errors:
        raise ValidationError(errors)


def invalid(error: ValidationError) -> Invalid:
    """Django's validation errors as the kernel's."""
    if hasattr(error, "error_dict"):
        return Invalid(errors=error.message_dict)
    return Invalid(errors={NON_FIELD_ERRORS: error.messages})


def _locked(instance: Row) -> Row:
    manager = type(instance)._base_manager
    try:
        return manager.select_for_update(of=("self",), no_key=True).get(pk=instance.pk)
    except type(instance).DoesNotExist as error:  # type: ignore[attr-defined]
        raise Conflict(f"{instance} was deleted meanwhile.", code="gone") from error


def _changeable(changes: Mapping[str, Any], instance: Model) -> list[str]:
    """Names of concrete fields: `owner_id` and `owner` are the same field."""
    fields = {field.attname: field.name for field in instance._meta.concrete_fields}
    return list(dict.fromkeys(fields.get(name, name) for name in changes))


def _differs(instance: Model, stored: Model, name: str) -> bool:
    field = instance._meta.get_field(name)
    attname = getattr(field, "attname", name)
    value = getattr(instance, attname)
    if not isinstance(field, ForeignKey) and hasattr(field, "to_python"):
        try:
            value = field.to_python(value)
        except ValidationError:
            return True
    return bool(value != getattr(stored, attname))


def _touched(instance: Model) -> list[str]:
    return [field.name for field in instance._meta.concrete_fields if field.name == "updated_at"]


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _names_columns(text: str, constraint: Any, instance: Model) -> bool:
    """SQLite names the columns of a broken unique constraint, not the constraint."""
    if not isinstance(constraint, UniqueConstraint) or not constraint.fields:
        return False
    table = instance._meta.db_table
    columns = [str(instance._meta.get_field(name).column) for name in constraint.fields]  # type: ignore[union-attr]
    return text.endswith(": " + ", ".join(f"{table}.{column}" for column in columns))


def _taken(instance: Model, names: list[str]) -> Conflict:
    message = already_taken(type(instance), names)
    return Conflict(message, code="not_unique", field=names[0] if len(names) == 1 else None)


def _unusable(instance: Model, name: str) -> Conflict:
    """Unique over the installation, while validation sees the own organisation: the other row is somebody else's.

    Of other organisations nobody learns anything here, so this neither names nor hints at one. That the value is
    refused cannot be hidden.
    """
    label = getattr(instance._meta.get_field(name), "verbose_name", name)
    message = f"This {label} cannot be used. Enter another one."
    return Conflict(message, code="not_unique", field=name)


def _still_needed(instance: Model, error: ProtectedError | RestrictedError) -> Conflict:
    rows = (
        error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    )
    kinds = Counter(str(row._meta.verbose_name) for row in rows)
    needed = ", ".join(f"{count} × {label}" for label, count in sorted(kinds.items()))
    return Conflict(f"{instance} is still used: {needed}.", code="still_used")
