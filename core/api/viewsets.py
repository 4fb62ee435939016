"""Base classes of all views: the right, the scope, one service call per action, the row's version."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from core import features
from core.api import chosen_fields, idempotency
from core.api.errors import NotEnabled
from core.api.etag import check_precondition, etag_of
from core.api.filters import RowFilter, SearchFilter
from core.querysets.tenant import in_scope
from core.services import records
from core.tenancy import all_tenants

READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})


class GuardedView(APIView):
    """What viewsets and single views share. `rights` maps an action (or a lower-case method) to its right.

    An action that is not mapped is refused. `None` as right means: any signed-in person.
    """

    rights: ClassVar[Mapping[str, str | None]] = {}
    requires_scheduling: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (
            self.requires_scheduling
            and request.user.is_authenticated
            and not features.scheduling_enabled(request.user)
        ):
            raise NotEnabled()
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        if request.method not in READ_ONLY and handler is not None:
            setattr(self, method, partial(self._guarded, handler))

    def check_permissions(self, request: Request) -> None:
        """The limits count refused requests too, so they come first."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """See `check_permissions`."""

    def perform_authentication(self, request: Request) -> None:
        """Credentials that are not valid count like none, for the address that sent them."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            super().check_throttles(request)
            raise

    def remembered(self, data: Any) -> Any:
        """What of an answer is kept for a repeated POST; views leave secrets out."""
        return data

    def _guarded(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        """One transaction where the answer depends on what others may do at the same time."""
        key = idempotency.key_of(request)
        if key is not None:
            act = partial(handler, request, *args, **kwargs)
            return idempotency.once(request, key, act, self.remembered)
        if request.headers.get("If-Match"):
            with transaction.atomic():
                return handler(request, *args, **kwargs)
        return handler(request, *args, **kwargs)


class TenantViewSet(GuardedView, GenericViewSet[Any]):
    """Rows of `model` that the caller may see, inside their organisation.

    `ordering_fields` maps public names to ORM paths, `ordering` is the default. `list_values` maps each field of a
    list to its ORM path or expression: then lists skip model instances and serializers, and `finish_list` adds what
    the database cannot say. Both ways must give the same JSON. `finished` names what `finish_list` makes or changes;
    without a word of it that is everything.
    """

    model: ClassVar[Any]
    ordering_fields: ClassVar[Mapping[str, str]] = {"created_at": "created_at"}
    ordering: ClassVar[str] = "-created_at"
    list_values: ClassVar[Mapping[str, Any] | None] = None
    finished: ClassVar[frozenset[str] | None] = None
    input_serializer_class: ClassVar[Any] = None
    action_serializers: ClassVar[Mapping[str, Any]] = {}
    filter_backends = [RowFilter, SearchFilter]
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self._visible(self.model._default_manager.all())

    def get_list_queryset(self) -> Any:
        """The rows of a list, as dictionaries when there are `list_values`."""
        if self.list_values is None:
            return self.get_queryset()
        return self._visible(in_scope(list_columns(type(self), self.bare_columns)))

    @cached_property
    def chosen_fields(self) -> tuple[str, ...]:
        """The fields of each row that the caller wants to see; none: all. Raises `ValidationError`."""
        return chosen_fields.chosen_fields(self.request, self.serializer_class)

    @property
    def bare_columns(self) -> tuple[str, ...]:
        """What the caller wants when the database alone can say it; otherwise none, for all columns are needed."""
        finished = self.finished
        if finished is None:
            is_plain = type(self).finish_list is TenantViewSet.finish_list
            finished = frozenset() if is_plain else frozenset(self.chosen_fields)
        wanted = self.chosen_fields if self.list_values is not None else ()
        return wanted if finished.isdisjoint(wanted) else ()

    def _visible(self, rows: Any) -> Any:
        return rows.visible_to(self.request.user) if hasattr(rows, "visible_to") else rows

    def get_object(self) -> Any:
        """The row of the address: 404 when there is none in reach, 412 when If-Match names another version."""
        try:
            identity = UUID(str(self.kwargs["pk"]))
        except ValueError:
            raise Http404 from None
        row = self.get_queryset().filter(pk=identity).first()
        if row is None:
            raise Http404
        if self.request.method not in READ_ONLY and self.request.headers.get("If-Match"):
            locked = type(row)._base_manager.select_for_update(of=("self",)).filter(pk=row.pk)
            check_precondition(self.request, locked.first())
        self.check_object_permissions(self.request, row)
        return row

    def get_serializer_class(self) -> Any:
        """The input serializer where a body is parsed; answers go through `answer`."""
        if self.action in self.action_serializers:
            return self.action_serializers[self.action]
        if self.action in {"create", "update", "partial_update"} and self.input_serializer_class:
            return self.input_serializer_class
        return self.serializer_class

    def parsed(self, row: Any = None, *, partial: bool = False) -> dict[str, Any]:
        """The body as the action's input serializer understands it; 400 otherwise."""
        serializer = self.get_serializer(row, data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(self, row: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """A row through the read serializer, with its version."""
        shown = self.shown(row)
        serializer_class: Any = self.serializer_class
        body = serializer_class(shown, context=self.get_serializer_context()).data
        tag = etag_of(shown)
        return Response(body, status=code, headers={"ETag": tag} if tag else None)

    def shown(self, row: Any) -> Any:
        """The row as `get_queryset` loads it; override where the read serializer needs annotations."""
        return row

    def finish_list(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Adds computed fields to the dictionaries of `list_values`."""
        return rows

    def listed_rows(self, rows: Any) -> Any:
        """A page of rows as the list shows them."""
        if self.bare_columns:
            return rows
        if self.list_values is not None:
            data = self.finish_list(rows)
        else:
            serializer_class: Any = self.serializer_class
            context = self.get_serializer_context()
            data = serializer_class(rows, many=True, context=context).data
        return chosen_fields.only(data, self.chosen_fields)

    @property
    def by(self) -> Any:
        return self.request.user


@lru_cache(maxsize=512)
def list_columns(view: type[TenantViewSet], only: tuple[str, ...] = ()) -> Any:
    """Rows of any organisation with the columns of `list_values`: chosen once for a view, not for each request."""
    given: Any = view.list_values
    values = {name: given[name] for name in only or given}
    plain = [name for name, path in values.items() if name == path]
    computed = {
        name: F(path) if isinstance(path, str) else path
        for name, path in values.items()
        if name != path
    }
    with all_tenants(reason="columns are chosen before anybody asks; no row is read"):
        return view.model._default_manager.values(*plain, **computed)


class ListMixin:
    """GET on the collection."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.listed(self.paginator.paginate_list(self))  # type: ignore[no-any-return]

    def listed(self: Any, rows: Any) -> Response:
        """The answer with a page of rows."""
        return self.get_paginated_response(self.listed_rows(rows))  # type: ignore[no-any-return]


class RetrieveMixin:
    """GET on one row."""

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())  # type: ignore[no-any-return]


class CreateMixin:
    """POST on the collection."""

    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.create_row(self.parsed())
        response: Response = self.answer(row, code=status.HTTP_201_CREATED)
        response["Location"] = f"{request.path.rstrip('/')}/{row.pk}"
        return response

    def create_row(self: Any, values: dict[str, Any]) -> Any:
        """The service call; plain rows need no other."""
        return records.create(self.model(**values), by=self.by, now=timezone.now())


class UpdateMixin:
    """PUT and PATCH on one row."""

    def update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        values = self.parsed(row, partial=kwargs.pop("partial", False))
        return self.answer(self.update_row(row, values))  # type: ignore[no-any-return]

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **{**kwargs, "partial": True})  # type: ignore[no-any-return]

    def update_row(self: Any, row: Any, values: dict[str, Any]) -> Any:
        """The service call; plain rows need no other."""
        return records.update(row, values, by=self.by, now=timezone.now())


class DestroyMixin:
    """DELETE on one row."""

    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.delete_row(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def delete_row(self: Any, row: Any) -> None:
        """The service call; plain rows need no other."""
        records.delete(row, by=self.by, now=timezone.now())


class ReadOnlyViewSet(ListMixin, RetrieveMixin, TenantViewSet):
    """Lists and rows."""


class CrudViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, TenantViewSet):
    """Everything a plain model needs."""
