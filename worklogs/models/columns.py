"""Columns that many tables of work have."""

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q


def person(**options: Any) -> Any:
    """Who did something; people are switched off, never removed."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        **{"related_name": "+", "db_index": False, **options},
    )


def money(**options: Any) -> Any:
    """An amount in the organisation's currency."""
    usual = {"max_digits": 12, "decimal_places": 2, "validators": [MinValueValidator(0)]}
    return models.DecimalField(**{**usual, **options})


def only_in(status: str | list[str], column: str, *, name: str) -> models.CheckConstraint:
    """The column says something in these states and in no other."""
    stands = {"status" if isinstance(status, str) else "status__in": status}
    said = Q(**stands, **{f"{column}__isnull": False})
    return models.CheckConstraint(condition=said | Q(~Q(**stands), **{column: None}), name=name)
