"""Refusals that only the API knows."""

from rest_framework import status
from rest_framework.exceptions import APIException


class NotEnabled(APIException):
    """The organisation has not switched the feature on."""

    status_code = status.HTTP_404_NOT_FOUND
    default_code = "not_enabled"
    default_detail = (
        "Maintenance scheduling is not enabled for this organisation. "
        "An administrator can switch it on in the settings."
    )


class Stale(APIException):
    """If-Match names a version of the row that is no longer the current one."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "stale"
    default_detail = "The row was changed meanwhile. Read it again and repeat the edit."


class KeyReused(APIException):
    """The Idempotency-Key was used before, for something else."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was already used for a different request."


class TooLarge(APIException):
    """The body is larger than the site accepts."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is too large."
