"""Events by HTTP. Out: everything after the one that the caller knows, in order. In: what other systems tell."""

from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core import catalogue
from core.api.pagination import page_size
from core.api.parsers import JSONParser
from core.api.viewsets import GuardedView
from integrations.api import incoming
from integrations.models import PublishedEvent
from integrations.rules.envelopes import envelope
from integrations.services import reading

_LARGEST_POSITION = 2**63 - 1


class OldestKept(serializers.Serializer[Any]):
    """The oldest event that can still be fetched."""

    id = serializers.UUIDField()
    sequence = serializers.CharField()


class GoneAnswer(serializers.Serializer[Any]):
    """Events after the one that is named may be missing. Without any event `oldest` is left out."""

    code = serializers.CharField()
    detail = serializers.CharField()
    oldest = OldestKept(required=False)


class Gone(APIException):
    """Events that the caller has not seen may have been removed."""

    status_code = 410
    default_code = "gone"


class EventsView(GuardedView):
    """Events as CloudEvents, oldest first. They are kept for 30 days; a gap is told by 410. POST takes those of other
    systems in.
    """

    rights: ClassVar[Any] = {"get": Right.EVENT_VIEW, "post": Right.EVENT_SEND}
    parser_classes = [JSONParser, incoming.EventParser, incoming.BatchParser]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "after",
                OpenApiTypes.STR,
                description="The `id` or `sequence` of the last event you have; without it from the oldest one kept. "
                "When events after it may have been removed, the answer is 410.",
            ),
            OpenApiParameter(
                "type", OpenApiTypes.STR, description="Only this type; may be repeated.", many=True
            ),
            OpenApiParameter("page_size", OpenApiTypes.INT, description="1 to 500; 50 without it."),
        ],
        responses={200: OpenApiTypes.OBJECT, 410: GoneAnswer},
    )
    def get(self, request: Request) -> Response:
        """`next` leads to what came meanwhile, as long as there is more; then ask with the newest `id` again."""
        size, wanted = page_size(request), request.query_params.getlist("type")
        for name in wanted:
            if catalogue.get(name) is None:
                raise ValidationError(
                    {"type": [f"There is no event {name}; /api/v1/events/asyncapi names all."]}
                )
        user: Any = request.user
        rows = PublishedEvent.objects.visible_to(user).after(_position(request)).of_types(wanted)
        events = reading.as_events(rows[: size + 1])
        shown = [envelope(event, site=settings.SITE_URL) for event in events[:size]]
        has_more = len(events) > size
        return Response(
            {
                "next": _link(request, str(shown[-1]["sequence"])) if has_more else None,
                "previous": None,
                "results": shown,
            }
        )

    @extend_schema(request=incoming.CloudEventInput, responses={202: incoming.Answer})
    def post(self, request: Request) -> Response:
        """One event or a list of up to 500, each taken once however often it is sent (`source` and `id`).

        202 says what became of each; what could not be applied yet is tried again. When one of a list cannot be read,
        none is taken.
        """
        taken = incoming.take_all(incoming.events_of(request), by=request.user)
        return Response(incoming.Answer({"results": taken}).data, status=202)


def _position(request: Request) -> int:
    """Where to go on. Raises `Gone` when what came after the event may not be kept any more; 0 is before the first."""
    text = request.query_params.get("after", "").strip()
    if not text:
        return 0
    if text.isascii() and text.isdigit():
        number = min(int(text), _LARGEST_POSITION)
        if number and number + 1 < reading.oldest_kept()[0]:
            raise _gone(request)
        return number
    try:
        key = UUID(text)
    except ValueError:
        message = "The `id` or the `sequence` of an event."
        raise ValidationError({"after": [message]}) from None
    user: Any = request.user
    known = PublishedEvent.objects.visible_to(user).filter(pk=key)
    position: int | None = known.values_list("position", flat=True).first()
    if position is None:
        if _is_older(key):
            raise _gone(request)
        message = "This event is not known. Leave `after` out to begin with the oldest."
        raise ValidationError({"after": [message]})
    return position


def _is_older(key: UUID) -> bool:
    """Whether the id may be of an event that was removed: ids begin with their moment."""
    position, oldest = reading.oldest_kept()
    return key.version == 7 and position > 1 and (oldest is None or key < oldest)


def _gone(request: Request) -> Gone:
    user: Any = request.user
    first = reading.as_events(PublishedEvent.objects.visible_to(user).after(0)[:1])
    detail = (
        "Events are kept for 30 days, and some that came after this one may be gone. Fetch anew what you keep of them, "
        "then leave `after` out to go on with the oldest event there is."
    )
    shown = [envelope(event, site=settings.SITE_URL) for event in first]
    oldest = [{"id": one["id"], "sequence": one["sequence"]} for one in shown]
    body = {"code": Gone.default_code, "detail": detail}
    return Gone({**body, **({"oldest": oldest[0]} if oldest else {})})


def _link(request: Request, after: str) -> str:
    query = [(name, value) for name, value in request.query_params.lists() if name != "after"]
    return request.build_absolute_uri(
        f"{request.path}?{urlencode([*query, ('after', after)], doseq=True)}"
    )
