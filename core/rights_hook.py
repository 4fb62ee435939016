"""Asks the table of rights, which lives in a higher app, whether a person may do something."""

from collections.abc import Callable
from typing import Any

Checker = Callable[[Any, str], bool]
_checker: Checker | None = None


def use(checker: Checker) -> None:
    """Set by the app that owns the rights, when it is ready."""
    global _checker
    _checker = checker


def has_right(user: Any, right: str | None) -> bool:
    """Whether the person holds the right; without a right or without a checker nobody does."""
    return right is not None and _checker is not None and _checker(user, right)
