"""What every channel can do. A new channel is one class beside `email.py`, registered in `registry.py`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

from notifications.rules.pace import Habits


class DeliveryError(Exception):
    """The message did not leave. `permanent`: another try would fail in the same way.

    `gone` are devices that can be reached no more.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, gone: tuple[UUID, ...] = ()
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.gone = gone


class ChannelDown(DeliveryError):
    """Nothing can be sent through this channel at present to whatever has the same `line`."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can be told; `time_zone` is an IANA name.

    `channels` are those that reach the person, beside the console; `habits` say when they may be told.
    """

    pk: UUID
    name: str
    email: str
    phone: str
    time_zone: str
    channels: frozenset[str] = frozenset({"email"})
    habits: Habits | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that takes messages: its address at a push service, and the keys it opens them with."""

    pk: UUID
    endpoint: str
    public_key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the far side answered: its id of the message, and devices that can be reached no more."""

    provider_id: str = ""
    gone: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """An iCalendar object that goes with a letter; `method` (REQUEST, CANCEL, PUBLISH) is the one inside it."""

    name: str
    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to leave. `reference` stays the same over retries, so that the far side can see doubles.

    `link` is where a short message leads; `devices` are the browsers it goes to.
    """

    to: str
    subject: str
    text: str
    html: str
    reference: str
    headers: dict[str, str] = field(default_factory=dict)
    calendar_files: tuple[CalendarFile, ...] = ()
    link: str = ""
    is_urgent: bool = False
    devices: tuple[Device, ...] = ()


class Channel(ABC):
    """One way to reach people. Used as a context manager, it keeps its connection open between messages."""

    key: str

    @abstractmethod
    def address_of(self, recipient: Recipient) -> str:
        """Where this channel reaches the person; empty when it cannot."""

    @abstractmethod
    def send(self, letter: Letter) -> Receipt:
        """Hand the message over, without touching the database. Raises DeliveryError."""

    def line(self, letter: Letter) -> str:
        """What the message goes through: when that is down, it is not tried again for others in the same round."""
        return ""

    def close(self) -> None:
        """Let go of the connection."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
