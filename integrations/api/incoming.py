"""Events of other systems by HTTP: CloudEvents in each of their forms, one or a batch, and the plain form."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.models import Organization
from core.api.parsers import JSONParser
from core.errors import Invalid
from core.tenancy import current_organization_id
from integrations import states
from integrations.models import InboundEvent, Via
from integrations.rules import incoming
from integrations.rules.consumed import CONSUMED
from integrations.rules.incoming import Incoming
from integrations.services.inbound import receiving
from integrations.services.inbound.receiving import Taken

MOST_EVENTS = 500
_KINDS = {
    **{"scheduling.booking": "booking", "scheduling.resource": "resource"},
    "worklogs.workorder": "work_order",
}


class EventParser(JSONParser):
    """One CloudEvent in structured mode."""

    media_type = "application/cloudevents+json"


class BatchParser(JSONParser):
    """Several CloudEvents."""

    media_type = "application/cloudevents-batch+json"


class CloudEventInput(serializers.Serializer[Any]):
    """A CloudEvent 1.0. Instead of it `{"event_type", "event_id", "timestamp", "data"}` is taken, too."""

    specversion = serializers.ChoiceField(["1.0"])
    id = serializers.CharField(max_length=200)
    source = serializers.CharField(max_length=300)  # type: ignore[assignment]
    type = serializers.CharField(max_length=100)
    time = serializers.DateTimeField(required=False)
    subject = serializers.CharField(max_length=300, required=False)
    organization = serializers.CharField(max_length=80, required=False)
    data = serializers.DictField()  # type: ignore[assignment]


class TakenRead(serializers.Serializer[Any]):
    """What became of an event. `led_to`: what it made or changed."""

    id = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    state = serializers.ChoiceField(states.INBOUND.states)
    is_new = serializers.BooleanField(help_text="False: it came before, and nothing was done now.")
    problem = serializers.CharField(help_text="A sentence, where there is something to say.")
    led_to = serializers.DictField(allow_null=True)


class Answer(serializers.Serializer[Any]):
    """In the order of the request."""

    results = TakenRead(many=True)


def events_of(request: Request) -> list[Incoming]:
    """The events of a body, all of them readable. Raises `ValidationError` with what is wrong, by their place."""
    data: Any = request.data
    if not isinstance(data, list):
        document = incoming.with_headers(dict(request.headers), data)
        return [_checked(document)]
    if not 0 < len(data) <= MOST_EVENTS:
        raise ValidationError({"events": [f"1 to {MOST_EVENTS} events at a time."]})
    found, errors = [], {}
    for number, document in enumerate(data):
        try:
            found.append(_checked(document))
        except Invalid as error:
            errors[str(number)] = error.errors
    if errors:
        raise ValidationError({"events": errors})
    return found


def _checked(document: Any) -> Incoming:
    """An event for the organisation in scope whose data can be read. Raises `Invalid`."""
    came = incoming.read(document)
    if came.organization:
        _check_organization(came.organization)
    if known := CONSUMED.get(came.type):
        known.read(came.data)
    return came


def _check_organization(name: str) -> None:
    here: Any = current_organization_id()
    own = Organization.objects.values_list("slug", flat=True).get(pk=here)
    if name != own:
        raise Invalid(f"You send for {own}. Leave it out.", field="organization")


def take_all(events: Sequence[Incoming], *, by: Any) -> list[Mapping[str, Any]]:
    """Take them in their order; what became of each."""
    taken = receiving.take_all(events, via=Via.API, by=by, now=timezone.now())
    return [_shown(came, one) for came, one in zip(events, taken, strict=True)]


def _shown(came: Incoming, taken: Taken) -> Mapping[str, Any]:
    return {
        **{"id": came.id, "source": came.source, "type": came.type},
        **{"state": taken.state, "is_new": taken.is_new, "problem": taken.problem},
        "led_to": led_to(taken.event) if taken.event else None,
    }


def led_to(event: InboundEvent) -> dict[str, str] | None:
    """What an event made or changed, by the API's name of its kind and its id."""
    if event.led_to_id is None:
        return None
    return {"type": _KINDS[event.led_to_type], "id": str(event.led_to_id)}
