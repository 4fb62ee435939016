"""What is said here and understood, for programs: the AsyncAPI document and the JSON Schema of each event."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core import catalogue
from core.api.viewsets import GuardedView
from integrations.rules import asyncapi
from integrations.rules.consumed import CONSUMED
from integrations.rules.envelopes import schema_address
from integrations.services.webhooks import TEST


def place() -> asyncapi.Place:
    """This installation, without what is secret about its servers."""
    return asyncapi.Place(
        site=settings.SITE_URL,
        exchange=settings.RABBITMQ_EXCHANGE,
        stream=settings.EVENTS_STREAM,
        rabbitmq=_host(settings.RABBITMQ_URL),
        redis=_host(settings.REDIS_URL),
        is_live=settings.LIVE_PAGES,
    )


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""


class AsyncApiView(GuardedView):
    """The events of this installation, both ways."""

    rights: ClassVar[Any] = {"get": Right.EVENT_VIEW}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """An AsyncAPI 3.0 document, for generators of code and of pages."""
        types = catalogue.all_types()
        found = asyncapi.document(types, CONSUMED.values(), place=place(), only_webhooks={TEST})
        return Response(found)


class EventSchemaView(GuardedView):
    """How the data of one event look."""

    rights: ClassVar[Any] = {"get": None}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, type: str, version: int) -> Response:
        """The JSON Schema (2020-12) that events name as `dataschema`."""
        found = catalogue.get(type)
        if found is None or found.version != version:
            raise Http404
        return Response(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": schema_address(type, version, site=settings.SITE_URL),
                "title": found.summary,
                **asyncapi.schema(found),
            }
        )
