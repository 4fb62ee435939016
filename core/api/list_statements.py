"""What a list without filters asks, made once instead of for each request.

Which SQL that is depends on the view, the caller's role, the order and the step; organisation, person and position are
values. So each shape is built once, by the code that builds it for everybody, for an invented person in an invented
organisation, whose ids tell the places of the values. A shape that asks the database or looks at more of the person
than role and ids while it is built has no fixed SQL: it is built for each request.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist
from django.db import connection
from django.db.models import Model, UUIDField
from django.http import HttpRequest
from rest_framework.request import Request

from core.api import chosen_fields
from core.api.keyset import Ask, Position, Step, asking, placed
from core.querysets import lean
from core.querysets.prepared import PreparedRows, Slot
from core.tenancy import current_organization_id, tenant_scope

#: The organisation in reach, the person who asks, and the organisation that they belong to.
_STAND_INS = {"reached": uuid4(), "person": uuid4(), "home": uuid4()}
_PLACING = frozenset({"cursor", "page_size", "ordering", chosen_fields.PARAMETER})


class _Shape(NamedTuple):
    view: Any
    fields: tuple[str, ...]
    role: str
    step: Step
    place: str
    vendor: str


class _HasNoFixedSql(Exception):
    """Building the query asked the database."""


def is_plain(view: Any) -> bool:
    """Whether the request asks for the list as it is, in some order and from some position."""
    wants_rows = view.list_values is not None and _PLACING.issuperset(view.request.query_params)
    return wants_rows and current_organization_id() is not None


def asking_list(view: Any, place: str) -> Ask:
    """Asks for the rows of a plain list; `place` is the name of the value that they are sorted by."""
    user = view.request.user
    known = {
        "reached": current_organization_id(),
        "person": user.pk,
        "home": user.organization_id,
    }

    def ask(step: Step, position: Position | None, limit: int) -> list[Any]:
        shape = _Shape(type(view), view.chosen_fields, user.role, step, place, connection.vendor)
        prepared = _prepared(shape)
        if prepared is None:
            return asking(_rows(view, step, place))(step, position, limit)
        here = {} if position is None else {"value": position.value, "id": position.id}
        return prepared.first(limit, **known, **here)

    return ask


@lru_cache(maxsize=512)
def _prepared(shape: _Shape) -> PreparedRows | None:
    try:
        field = _field(shape.view.model, shape.step.order.path)
        with connection.execute_wrapper(_refuse), tenant_scope(_STAND_INS["reached"]):
            rows = _rows(_asked_by_somebody(shape), shape.step, shape.place)
            here = Slot("value", field), Slot("id", UUIDField())
            return PreparedRows(shape.step.of(rows, *here), stand_ins=_STAND_INS)
    except (_HasNoFixedSql, EmptyResultSet, FieldDoesNotExist):
        return None


def _rows(view: Any, step: Step, place: str) -> Any:
    return placed(view.filter_queryset(view.get_list_queryset()), step.order, place)


def _asked_by_somebody(shape: _Shape) -> Any:
    """The view with a request of the invented person, of whom nothing else is known."""
    person: Mapping[str, Any] = {
        "id": _STAND_INS["person"],
        "organization_id": _STAND_INS["home"],
        "role": shape.role,
        "is_active": True,
    }
    request = Request(HttpRequest())
    request.user = lean.bare(get_user_model(), person)
    view = shape.view(request=request, action="list", format_kwarg=None, args=(), kwargs={})
    view.chosen_fields = shape.fields
    return view


def _refuse(*_: Any) -> NoReturn:
    raise _HasNoFixedSql


def _field(model: type[Model], path: str) -> Any:
    """The field at the end of the path. Raises FieldDoesNotExist for annotations."""
    field: Any = None
    current: Any = model
    for name in path.split("__"):
        field = current._meta.get_field(name)
        current = field.related_model
    return field
