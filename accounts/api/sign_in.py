"""Tokens: given for credentials, refreshed, revoked."""

from typing import Any, NoReturn

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import tokens
from accounts.api.serializers import CredentialsInput, PairSerializer, RefreshInput
from accounts.services import sign_in
from core.api.viewsets import GuardedView


class OpenView(GuardedView):
    """For callers who are not signed in yet; the limit for anonymous callers holds."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    def get_authenticate_header(self, request: Request) -> str:
        """Refusals here are 401, although nothing was looked for in the header."""
        return 'Bearer realm="api"'


class TokenView(OpenView):
    """Sign in by e-mail and password."""

    @extend_schema(
        operation_id="auth_token", request=CredentialsInput, responses={200: PairSerializer}
    )
    def post(self, request: Request) -> Response:
        body = CredentialsInput(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            user = sign_in.sign_in(
                **body.validated_data, now=timezone.now(), request=request._request
            )
        except sign_in.TooManyAttempts as error:
            raise Throttled(wait=error.seconds, detail=error.message) from error
        except sign_in.WrongCredentials as error:
            raise AuthenticationFailed(error.message, code=error.code) from error
        return _pair(tokens.issue(user))


class RefreshView(OpenView):
    """A new pair; the refresh token is used up."""

    @extend_schema(
        operation_id="auth_token_refresh", request=RefreshInput, responses={200: PairSerializer}
    )
    def post(self, request: Request) -> Response:
        try:
            return _pair(tokens.refresh(_refresh_token(request)))
        except tokens.TokenRefused as error:
            _refuse(error)


class RevokeView(OpenView):
    """Sign out: ends the tokens of this sign-in, access tokens included."""

    @extend_schema(operation_id="auth_token_revoke", request=RefreshInput, responses={204: None})
    def post(self, request: Request) -> Response:
        try:
            user = tokens.revoke(_refresh_token(request))
        except tokens.TokenRefused as error:
            _refuse(error)
        if user is not None:
            sign_in.record_sign_out(user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _refresh_token(request: Request) -> str:
    body = RefreshInput(data=request.data)
    body.is_valid(raise_exception=True)
    token: str = body.validated_data["refresh"]
    return token


def _pair(pair: tokens.Pair) -> Response:
    return Response(
        {"access": pair.access, "refresh": pair.refresh}, headers={"Cache-Control": "no-store"}
    )


def _refuse(error: tokens.TokenRefused) -> NoReturn:
    raise AuthenticationFailed(error.message, code=error.code) from error
