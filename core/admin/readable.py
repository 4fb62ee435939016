"""Fields of a form for people who only read it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin import display
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest


def readable(fieldsets: Iterable[Any], console: Any, request: HttpRequest) -> list[Any]:
    """Of references that the person may not open only the names: as links they would lead nowhere."""
    return [
        (title, {**options, "fields": _fields(options["fields"], console, request)})
        for title, options in fieldsets
    ]


def _fields(names: Iterable[Any], console: Any, request: HttpRequest) -> list[Any]:
    found: list[Any] = []
    for one in names:
        if isinstance(one, list | tuple):
            found.append(_fields(one, console, request))
        else:
            leads_nowhere = _leads_nowhere(one, console, request)
            found.append(_name_of(one, console) if leads_nowhere else one)
    return found


def _leads_nowhere(name: Any, console: Any, request: HttpRequest) -> bool:
    try:
        field = console.opts.get_field(name)
    except FieldDoesNotExist:
        return False
    target = console.admin_site._registry.get(field.related_model)
    return target is not None and not target.has_view_permission(request)


def _name_of(name: str, console: Any) -> Callable[[Any], str]:
    @display(description=console.opts.get_field(name).verbose_name)
    def told(row: Any) -> str:
        return str(getattr(row, name) or console.get_empty_value_display())

    return told
