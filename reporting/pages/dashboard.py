"""The console's front page."""

from typing import Any

from django.http import HttpRequest


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the dashboard shows to this person."""
    return context
