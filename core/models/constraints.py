from django.db import models


def both_or_neither(*names: str, label: str) -> models.CheckConstraint:
    """The columns are all set or all empty: what happened, when and by whom belong together."""
    unset = models.Q(**{f"{name}__isnull": True for name in names})
    given = models.Q(**{f"{name}__isnull": False for name in names})
    return models.CheckConstraint(condition=unset | given, name=label)
