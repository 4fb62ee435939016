"""The entrance of the API, and answers for addresses that are none."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.urls import Resolver404, get_script_prefix, resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.viewsets import GuardedView


class ApiRoot(GuardedView):
    """The collections of the API."""

    rights = {"get": None}
    collections: Iterable[str] = ()

    @extend_schema(
        operation_id="root",
        responses={200: {"type": "object", "additionalProperties": {"type": "string"}}},
    )
    def get(self, request: Request) -> Response:
        base = request.build_absolute_uri(request.path.rstrip("/"))
        return Response({name: f"{base}/{name}" for name in sorted(self.collections)})


class Nowhere(GuardedView):
    """404 in JSON for addresses below the API that lead nowhere."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404("There is no such address.")


@csrf_exempt
def with_slash(request: Any, path: str) -> Any:
    """Serves `…/` as the same address without the slash; the views check CSRF themselves."""
    bare = request.path_info.rstrip("/")
    try:
        match = resolve(bare)
    except Resolver404:
        return Nowhere.as_view()(request)
    if match.func is with_slash or bare + "/" != request.path_info:
        return Nowhere.as_view()(request)
    request.resolver_match = match
    request.path_info, request.path = bare, get_script_prefix().rstrip("/") + bare
    return match.func(request, *match.args, **match.kwargs)
