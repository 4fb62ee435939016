from collections.abc import Sequence

from django.db import models


def both_or_neither(*names: str, label: str) -> models.CheckConstraint:
    """The columns are all set or all empty: what happened, when and by whom belong together."""
    unset = models.Q(**{f"{name}__isnull": True for name in names})
    given = models.Q(**{f"{name}__isnull": False for name in names})
    return models.CheckConstraint(condition=unset | given, name=label)


def already_taken(model: type[models.Model], names: Sequence[str]) -> str:
    """What people read when another row has the same values in the fields `names`."""
    thing = model._meta.verbose_name
    labels = " and ".join(str(getattr(model._meta.get_field(n), "verbose_name", n)) for n in names)
    return f"Another {thing} has this {labels} already. Enter another one, or change that {thing}."
