"""The table of rights at the door of the API."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.rights import Right, has_right

_MISSING = object()


class HasRight(BasePermission):
    """The caller's role includes the right that the view names for this action; unnamed actions are refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if not user or not user.is_authenticated:
            return False
        method = (request.method or "").lower()
        action = getattr(view, "action", None) or method
        if not hasattr(view, method) or action in {"metadata", "options"}:
            return True  # answered by 405 or by a description
        right = view.rights.get(action, view.rights.get("get") if action == "head" else _MISSING)
        if right is _MISSING:
            raise PermissionDenied("This action is not open to anybody.")
        if _is_read_only(request.auth) and request.method not in SAFE_METHODS:
            raise PermissionDenied("This key may only read.", code="read_only_key")
        if right is not None and not has_right(user, right):
            name = Right(right).replace("_", " ")
            raise PermissionDenied(f"Your role does not include “{name}”. Ask an administrator.")
        return True


def _is_read_only(auth: Any) -> bool:
    return isinstance(auth, ApiKey) and auth.scope == ApiKey.Scope.READ
