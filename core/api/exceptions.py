"""From refusals to HTTP answers. Nothing that a client can send ends in a 500."""

import logging
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import UnreadablePostError
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from core import errors, refusals
from core.api.errors import TooLarge
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.plain import plain
from core.states import TransitionNotAllowed
from core.tenancy import CrossTenantWrite

logger = logging.getLogger(__name__)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for an exception; None lets an unexpected one through to the log."""
    if isinstance(error, TransitionNotAllowed):
        body = _body(error) | {"status": error.source, "allowed": sorted(error.allowed)}
        return Response(body, status=409)
    if isinstance(error, Conflict):
        return Response(_body(error) | {"conflicts": plain(error.conflicts)}, status=409)
    known = _as_api_exception(error)
    response = exception_handler(known, context)
    if response is not None and response.status_code == 403:
        _record_refusal(context.get("request"))
    if response is not None and response.status_code == 409 and isinstance(response.data, dict):
        response.data.setdefault("conflicts", [])
    if response is not None and isinstance(response.data, dict) and "detail" in response.data:
        detail = getattr(known, "detail", None)
        response.data.setdefault("code", getattr(detail, "code", None) or _code(response))
    return response


def _record_refusal(request: Any) -> None:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        refusals.record(user, f"{request.method} {request.path}", now=timezone.now())


def _body(error: DomainError) -> dict[str, Any]:
    body = {"code": error.code, "detail": error.message}
    return body | {"field": error.field} if error.field else body


def _code(response: Response) -> str:
    """Http404 and PermissionDenied of Django bring no code."""
    return {403: "permission_denied", 404: "not_found"}.get(response.status_code, "error")


def _as_api_exception(error: Exception) -> Exception:  # noqa: C901  (one line for each kind)
    match error:
        case errors.TooLarge():
            return TooLarge(error.message)
        case Invalid():
            return exceptions.ValidationError(_field_errors(error.errors))
        case NotAllowed():
            return exceptions.PermissionDenied(error.message, code=error.code)
        case DomainError():
            return exceptions.ValidationError(
                {error.field or api_settings.NON_FIELD_ERRORS_KEY: [error.message]}
            )
        case DjangoValidationError():
            found = getattr(error, "message_dict", None) if hasattr(error, "error_dict") else None
            return exceptions.ValidationError(
                _field_errors(found or {NON_FIELD_ERRORS: error.messages})
            )
        case CrossTenantWrite():
            logger.warning("Refused: %s", error)
            return exceptions.NotFound()
        case ProtectedError() | RestrictedError():
            return _conflict("Other rows still need this one.")
        case IntegrityError():
            logger.warning("The database refused a row: %s", error)
            return _conflict("The database refused the change because it contradicts another row.")
        case RequestDataTooBig():
            return TooLarge()
        case TooManyFieldsSent() | TooManyFilesSent() | SuspiciousOperation():
            return exceptions.ParseError("The request is not acceptable.")
        case UnreadablePostError():
            return exceptions.ParseError("The request ended early.")
        case DataError() | OverflowError():
            logger.info("Out of range: %s", error)
            return exceptions.ParseError("A number, date or text is outside of what can be stored.")
    return error


def _conflict(message: str) -> exceptions.APIException:
    error = exceptions.APIException(message, code="conflict")
    error.status_code = 409
    return error


def _field_errors(errors: Any) -> dict[str, Any]:
    """Django's name for errors of the whole row becomes DRF's."""
    whole = api_settings.NON_FIELD_ERRORS_KEY
    return {whole if name == NON_FIELD_ERRORS else name: texts for name, texts in errors.items()}
