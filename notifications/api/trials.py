"""“Send me one”: a test message through a channel of the caller's."""

from typing import Any, ClassVar, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from core.api.viewsets import GuardedView
from notifications.models import Channel, Delivery
from notifications.rules.error_words import in_words
from notifications.services import trials


class TrialInput(serializers.Serializer[Any]):
    """By which channel."""

    channel = serializers.ChoiceField(choices=Channel.choices)


class TrialRead(serializers.Serializer[Any]):
    """A test message and how it stands. `available_at`: when it is tried, or tried again, while it waits."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    problem = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    available_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)

    def get_problem(self, delivery: Delivery) -> str:
        return in_words(delivery.last_error)


class TrialsAnswer(serializers.Serializer[Any]):
    """The newest of each channel, of the last hour."""

    results = TrialRead(many=True)


class TrialsView(GuardedView):
    """Test messages of the caller: whether a channel reaches them."""

    rights: ClassVar[Any] = dict.fromkeys(("get", "post"), Right.NOTIFICATION_VIEW)

    @extend_schema(responses=TrialsAnswer)
    def get(self, request: Request) -> Response:
        """How they stand."""
        rows = trials.latest(cast(User, request.user), now=timezone.now())
        return Response(TrialsAnswer({"results": rows.values()}).data)

    @extend_schema(request=TrialInput, responses={202: TrialRead})
    def post(self, request: Request) -> Response:
        """Put one on its way; while one is on its way, that one is the answer. Five within ten minutes at most."""
        given = TrialInput(data=request.data)
        given.is_valid(raise_exception=True)
        user, channel = cast(User, request.user), given.validated_data["channel"]
        sent = trials.send(user, channel, now=timezone.now())
        return Response(TrialRead(sent).data, status=status.HTTP_202_ACCEPTED)
