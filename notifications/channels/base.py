"""What every channel can do. A new channel is one class beside `email.py`, registered in `registry.py`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID


class DeliveryError(Exception):
    """The message did not leave. `permanent`: another try would fail in the same way."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class ChannelDown(DeliveryError):
    """Nothing can be sent through this channel at present, whoever it is for."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can be told; `time_zone` is an IANA name."""

    pk: UUID
    name: str
    email: str
    phone: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """An iCalendar object that goes with a letter; `method` (REQUEST, CANCEL, PUBLISH) is the one inside it."""

    name: str
    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to leave. `reference` stays the same over retries, so that the far side can see doubles."""

    to: str
    subject: str
    text: str
    html: str
    reference: str
    headers: dict[str, str] = field(default_factory=dict)
    calendar_files: tuple[CalendarFile, ...] = ()


class Channel(ABC):
    """One way to reach people. Used as a context manager, it keeps its connection open between messages."""

    key: str

    @abstractmethod
    def address_of(self, recipient: Recipient) -> str:
        """Where this channel reaches the person; empty when it cannot."""

    @abstractmethod
    def send(self, letter: Letter) -> str:
        """Hand the message over; returns the far side's id of it, if it gives one. Raises DeliveryError."""

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
