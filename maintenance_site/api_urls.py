"""Addresses of the API: what each app brings in `<app>/api/urls.py`, below /api/v1/."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from core.api.root import ApiRoot, Nowhere, with_slash

_APPS = ("accounts", "scheduling", "worklogs", "notifications", "reporting", "integrations")

router = SimpleRouter(trailing_slash=False)
_single: list[Any] = []
for _app in _APPS:
    if find_spec(f"{_app}.api") and find_spec(f"{_app}.api.urls"):
        _module = import_module(f"{_app}.api.urls")
        _single += getattr(_module, "urlpatterns", [])
        for _prefix, _viewset, _basename in getattr(_module, "router_entries", []):
            router.register(_prefix, _viewset, basename=_basename)

# The lists are asked for most and are found without trying what comes before them.
_lists = [route for route in router.urls if str(getattr(route, "name", "")).endswith("-list")]
_others = [route for route in router.urls if route not in _lists]
urlpatterns = [
    *_lists,
    re_path(
        "^$", ApiRoot.as_view(collections=[entry[0] for entry in router.registry]), name="root"
    ),
    path("", include(_single)),
    path("", include(_others)),
    re_path(r"^(?P<path>.+)/$", with_slash),
    re_path(r"^.+$", Nowhere.as_view()),
]
