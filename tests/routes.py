"""Every route of the API, taken from the address table, so that tests cover new ones by themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import EndpointEnumerator
from rest_framework.permissions import AllowAny

from core.api.viewsets import GuardedView

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address; `path` has `{names}` for what varies."""

    method: str
    path: str
    view: Any
    action: str
    actions: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def right(self) -> Any:
        """The right that the view names for this action; None means: whoever is signed in."""
        return getattr(self.view, "rights", {}).get(self.action, MISSING)

    @property
    def is_open(self) -> bool:
        return AllowAny in self.view.permission_classes

    @property
    def model(self) -> Any:
        return getattr(self.view, "model", None)

    @property
    def is_detail(self) -> bool:
        return "{pk}" in self.path

    def address(self, **values: Any) -> str:
        known = {
            "link": "none",
            "cost": "none",
            "step": "none",
            "stop": "none",
            "delivery": "none",
            "type": "room.ready",
            "version": 1,
        }
        return self.path.format(**{**known, **values})

    def instance(self) -> Any:
        """A view as a request of this route would make it."""
        view = self.view()
        view.action, view.kwargs, view.request, view.format_kwarg = self.action, {}, None, None
        return view


def routes() -> list[Route]:
    return list(_routes())


def _routes() -> Iterator[Route]:
    for path, _, method, callback in EndpointEnumerator().get_api_endpoints():
        if issubclass(callback.cls, GuardedView):
            actions = getattr(callback, "actions", None) or {}
            action = actions.get(method.lower(), method.lower())
            yield Route(method, path, callback.cls, action, actions)
