"""Columns that many tables of work have."""

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models


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
