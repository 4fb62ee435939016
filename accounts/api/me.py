"""The caller, their organisation, and the table of rights."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    MeSerializer,
    OrganizationSerializer,
    PasswordInput,
    ProfileInput,
)
from accounts.models import Organization
from accounts.rights import RIGHTS, Right, Role
from accounts.services import organizations, passwords, users
from core.api.etag import check_precondition, etag_of
from core.api.viewsets import GuardedView
from core.tenancy import current_organization_id, tenant_scope


class MeView(GuardedView):
    """Who the caller is and what they may do; name, phone and time zone can be changed."""

    rights = {"get": None, "patch": None}

    @extend_schema(operation_id="me", responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data, headers=_version(request.user))

    @extend_schema(operation_id="me_change", request=ProfileInput, responses={200: MeSerializer})
    def patch(self, request: Request) -> Response:
        user: Any = request.user
        with tenant_scope(user.organization_id):
            _check_version(request, user)
        body = ProfileInput(user, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        with tenant_scope(user.organization_id):
            changed = users.change_profile(user, body.validated_data, now=timezone.now())
        return Response(MeSerializer(changed).data, headers=_version(changed))


class PasswordView(GuardedView):
    """A new password for the caller; all tokens given before end."""

    rights = {"post": None}

    @extend_schema(operation_id="me_password", request=PasswordInput, responses={204: None})
    def post(self, request: Request) -> Response:
        body = PasswordInput(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user
        passwords.change_password(user, **body.validated_data, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class OrganizationView(GuardedView):
    """The organisation in which the caller works."""

    rights = {"get": Right.ORGANIZATION_VIEW, "patch": Right.ORGANIZATION_MANAGE}

    @extend_schema(operation_id="organization", responses={200: OrganizationSerializer})
    def get(self, request: Request) -> Response:
        return self._answer(self._organization())

    @extend_schema(
        operation_id="organization_change",
        request=OrganizationSerializer,
        responses={200: OrganizationSerializer},
    )
    def patch(self, request: Request) -> Response:
        organization = self._organization()
        _check_version(request, organization)
        body = OrganizationSerializer(
            organization, data=request.data, partial=True, context={"request": request}
        )
        body.is_valid(raise_exception=True)
        user: Any = request.user
        organizations.change_organization(
            organization, body.validated_data, by=user, now=timezone.now()
        )
        return self._answer(organization)

    def _organization(self) -> Organization:
        return Organization.objects.get(pk=current_organization_id() or "")

    def _answer(self, organization: Organization) -> Response:
        return Response(OrganizationSerializer(organization).data, headers=_version(organization))


class RolesView(GuardedView):
    """The table of rights: what each role may do, and which roles the caller may give."""

    rights = {"get": None}

    @extend_schema(
        operation_id="roles",
        responses={
            200: {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "role": {"type": "string"},
                        "rights": {"type": "array", "items": {"type": "string"}},
                        "can_be_given": {"type": "boolean"},
                    },
                },
            }
        },
    )
    def get(self, request: Request) -> Response:
        user: Any = request.user
        within_reach = users.roles_within_reach(user)
        return Response(
            [
                {
                    "role": role,
                    "rights": sorted(RIGHTS[role]),
                    "can_be_given": role in within_reach,
                }
                for role in Role
            ]
        )


def _check_version(request: Request, row: Any) -> None:
    """412 when If-Match names another version; until the answer nobody else changes the row."""
    if request.headers.get("If-Match"):
        rows = type(row)._base_manager.select_for_update(of=("self",))
        check_precondition(request, rows.filter(pk=row.pk).first())


def _version(row: Any) -> dict[str, str]:
    tag = etag_of(row)
    return {"ETag": tag} if tag else {}
