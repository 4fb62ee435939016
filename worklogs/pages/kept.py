"""What a phone kept while it had no connection, and sends by its script (`static/worklogs/sending.js`)."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

_SCRIPT = "X-Kept"


def is_kept(request: HttpRequest) -> bool:
    """Whether the script sent it, which goes by the status of the answer."""
    return request.headers.get(_SCRIPT) is not None


def wants_part(request: HttpRequest) -> bool:
    """Whether a script shows the answer in the page that is open."""
    return "HX-Request" in request.headers or is_kept(request)


def answered_at(request: HttpRequest) -> datetime | None:
    """When the person said it, by their phone; an unreadable moment is none."""
    try:
        moment = parse_datetime(request.POST.get("answered_at", ""))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
