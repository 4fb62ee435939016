"""What carries events on in the background. A bus whose server is not named in the settings has no lanes."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.conf import settings

from core import lanes
from core.lanes import Clock, Group
from integrations.services import outlets, publication
from integrations.services.inbound import listening
from integrations.services.webhook_sending import Sender

#: Between looks, in seconds: half of this is what an event waits on average where nothing rings for it.
PAUSE = 0.02
#: Where the publication in the same process rings.
OUTLET_PAUSE = 0.2
#: Inlets wait for messages by themselves; this is for when their server is away.
INLET_PAUSE = 0.05
WEBHOOKS = "webhooks"


class Inlet(Protocol):
    """A bus that is listened to."""

    def work(self, clock: Clock) -> int: ...

    def close(self) -> None: ...

    @property
    def hears(self) -> bool: ...


@lanes.lane("publication", group=Group.RELAY, pause=PAUSE)
def publish(clock: Clock) -> int:
    """Publish what waits, and let the outlets know."""
    done = publication.publish_waiting(clock())
    if done:
        lanes.ring(Group.RELAY)
    return done


def register() -> None:
    """Add a lane for the webhooks, and one for each outlet and each inlet of this installation; clients that nobody
    needs are not loaded.
    """
    sender = Sender(wake=lambda: lanes.ring_lane(WEBHOOKS))
    lanes.add(WEBHOOKS, sender.send, end=sender.finish, group=Group.RELAY, pause=OUTLET_PAUSE)
    if settings.RABBITMQ_URL:
        from integrations.inlets import rabbitmq as incoming
        from integrations.outlets import rabbitmq

        _outlet("rabbitmq", rabbitmq.outlet().send)
        _inlet("rabbitmq", incoming.inlet())
    if settings.REDIS_URL:
        from integrations.inlets import redis_streams
        from integrations.outlets import redis_channels

        _outlet("redis", redis_channels.outlet().send)
        _inlet("redis", redis_streams.inlet())
        from integrations.outlets import sockets  # its package takes a third of a second to load

        _outlet("sockets", sockets.outlet().send)


def _outlet(name: str, send: outlets.Send) -> None:
    def carry_on(clock: Callable[[], datetime]) -> int:
        return outlets.carry_on(name, send, clock=clock)

    lanes.add(f"outlet {name}", carry_on, group=Group.RELAY, pause=OUTLET_PAUSE)


def _inlet(name: str, inlet: Inlet) -> None:
    pulse = listening.Pulse(name)

    def listen(clock: Clock) -> int:
        done = inlet.work(clock)
        if inlet.hears:
            pulse.beat(clock)
        return done

    def let_go(_: Clock) -> int:
        inlet.close()
        return 0

    lane = listening.lane_name(name)
    lanes.add(lane, listen, end=let_go, group=Group.CONSUME, pause=INLET_PAUSE)
