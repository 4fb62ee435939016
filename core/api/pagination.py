"""Lists in pages: `{"next", "previous", "results"}`, with `count` on request."""

from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.encoding import escape_uri_path
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import chosen_fields, keyset, list_statements
from core.api.keyset import PLACE, Order, Position

PAGE_SIZE = 50
LARGEST_PAGE = 500


class KeysetPagination(BasePagination):
    """Sorted by one of the view's `ordering_fields` (public name to ORM path), then by id.

    Dictionaries of `values()` stay what they are, with `id` among them.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._count = queryset.count() if _truthy(request.query_params.get("count")) else None
        order = self._chosen_order(request, view)
        return self._page(keyset.asking(keyset.placed(queryset, order, self._place)), order)

    def paginate_list(self, view: Any) -> list[Any]:
        """A page of the view's own list."""
        if not list_statements.is_plain(view):
            rows = view.filter_queryset(view.get_list_queryset())
            return self.paginate_queryset(rows, view.request, view)
        self._count = None
        order = self._chosen_order(view.request, view)
        return self._page(list_statements.asking_list(view, self._place), order)

    def _chosen_order(self, request: Request, view: Any) -> Order:
        name, order = _chosen_order(request, view)
        self._request = request
        self._salt = f"{type(view).__name__}:{name}"
        self._place = _place_of(view, order)
        return order

    def _page(self, ask: keyset.Ask, order: Order) -> list[Any]:
        position, size = self._position(), page_size(self._request)
        rows = keyset.fetch(ask, order, position, size + 1)
        more = len(rows) > size
        rows = rows[:size]
        self._address = self._address_up_to_cursor()
        backwards = position is not None and position.backwards
        if backwards:
            rows.reverse()
        self._next = self._link(rows[-1], False) if rows and (more or backwards) else None
        has_previous = more if backwards else position is not None
        self._previous = self._link(rows[0], True) if rows and has_previous else None
        if self._place == PLACE:
            for row in rows:
                if isinstance(row, dict):
                    del row[PLACE]
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        body = {"next": self._next, "previous": self._previous, "results": data}
        return Response(body if self._count is None else {"count": self._count, **body})

    def _position(self) -> Position | None:
        cursor = self._request.query_params.get("cursor")
        if not cursor:
            return None
        try:
            return keyset.decode(cursor, salt=self._salt)
        except keyset.BadCursor as error:
            raise ValidationError({"cursor": [str(error)]}) from error

    def _link(self, row: Any, backwards: bool) -> str:
        if isinstance(row, dict):
            position = Position(row[self._place], row["id"], backwards)
        else:
            position = Position(getattr(row, self._place), row.pk, backwards)
        return self._address + quote(keyset.encode(position, salt=self._salt), safe="")

    def _address_up_to_cursor(self) -> str:
        asked = {
            name: values
            for name, values in self._request.query_params.lists()
            if name not in {"count", "cursor"}
        }
        here = self._request.build_absolute_uri(escape_uri_path(self._request.path))
        return f"{here}?{urlencode(asked, doseq=True)}{'&' if asked else ''}cursor="

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "With count=true only."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = sorted(getattr(view, "ordering_fields", {}))
        orders = [sign + name for name in names for sign in ("", "-")]
        return [
            _parameter("cursor", {"type": "string"}, "Taken from `next` or `previous`."),
            _parameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE},
                "Rows per page.",
            ),
            _parameter("count", {"type": "boolean"}, "Also count all rows."),
            _parameter(
                "ordering",
                {"type": "string", "enum": orders} if orders else {"type": "string"},
                "One field; a leading minus sorts downwards.",
            ),
            _parameter(
                chosen_fields.PARAMETER,
                {"type": "string"},
                "Only these fields of each row, separated by commas; `id` is always among them.",
            ),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": description,
    }


def _truthy(text: str | None) -> bool:
    return text is not None and text.lower() in {"true", "1", "yes"}


def page_size(request: Request) -> int:
    """Rows per page, as the caller asks. Raises `ValidationError`."""
    text = request.query_params.get("page_size")
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise ValidationError({"page_size": [f"A whole number from 1 to {LARGEST_PAGE}."]})
    return min(int(text), LARGEST_PAGE)


def _chosen_order(request: Request, view: Any) -> tuple[str, Order]:
    name = request.query_params.get("ordering") or view.ordering
    path = view.ordering_fields.get(name.removeprefix("-"))
    if path is None:
        known = ", ".join(sorted(view.ordering_fields))
        raise ValidationError({"ordering": [f"Sort by one of: {known}; a leading - reverses."]})
    return name, Order(path, name.startswith("-"), _is_nullable(view.model, path))


@cache
def _is_nullable(model: type[Model], path: str) -> bool:
    """Whether the path can lead to no value; annotations can."""
    current: Any = model
    for name in path.split("__"):
        try:
            field = current._meta.get_field(name)
        except FieldDoesNotExist:
            return True
        if getattr(field, "null", True):
            return True
        current = field.related_model
    return False


def _place_of(view: Any, order: Order) -> str:
    """By which name a row carries the value that it is sorted by."""
    if order.path == "id":
        return "id"
    values = getattr(view, "list_values", None) or {}
    carried = getattr(view, "bare_columns", ()) or values
    names = (name for name, path in values.items() if path == order.path and name in carried)
    return next(names, PLACE)
