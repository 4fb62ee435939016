"""SMS, phones and chat, each through the service that an Apprise address names."""

import logging
import re
from abc import abstractmethod
from threading import get_ident
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from core.reach import public_only
from notifications.channels.base import (
    Channel,
    ChannelDown,
    DeliveryError,
    Letter,
    Receipt,
    Recipient,
)
from notifications.rules import service_addresses, short_texts

_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 10.0
_STATUS = re.compile(r"error=(\d{3})")
#: Answers after which another try may go well, although they blame the message.
_LATER = {408, 425, 429}


class AppriseChannel(Channel):
    """One service of the many that Apprise speaks to. Nothing is followed to another address than the one given."""

    @abstractmethod
    def service_address(self, letter: Letter) -> str:
        """The Apprise address that the message goes to."""

    @abstractmethod
    def opened(self, address: str) -> Any:
        """Apprise's service for the address; None for one that is not taken."""

    def is_trusted(self) -> bool:
        """Whether the operator lets the address lie in a private network."""
        return bool(settings.CHANNELS_PRIVATE)

    def send(self, letter: Letter) -> Receipt:
        """Raises ChannelDown when the service cannot be reached, DeliveryError when it refuses."""
        service = self.opened(self.service_address(letter))
        if service is None:
            raise DeliveryError("The address of the service is not complete.", permanent=True)
        service.socket_connect_timeout = _CONNECT_SECONDS
        service.socket_read_timeout = _ANSWER_SECONDS
        with _Ears() as heard, public_only(unless=self.is_trusted()) as guard:
            taken = service.notify(body=letter.text, title=letter.subject)
        if taken:
            return Receipt()
        if guard.refused:
            raise DeliveryError(
                "The address lies in a private network, to which nothing is sent.", permanent=True
            )
        raise _refusal(heard.last)


class SmsChannel(AppriseChannel):
    """SMS through the one service that the operator names in `SMS_URL`."""

    key = "sms"

    def address_of(self, recipient: Recipient) -> str:
        return short_texts.phone_number(recipient.phone)

    def service_address(self, letter: Letter) -> str:
        if not settings.SMS_URL:
            raise DeliveryError("This installation sends no SMS: SMS_URL is empty.", permanent=True)
        return str(settings.SMS_URL).replace("{phone}", quote(letter.to, safe=""))

    def opened(self, address: str) -> Any:
        return instantiate(address)

    def is_trusted(self) -> bool:
        return True


class ServiceChannel(AppriseChannel):
    """A service that a person named: the address is theirs, and only known kinds of services are taken."""

    services: tuple[service_addresses.Service, ...]

    def address_of(self, recipient: Recipient) -> str:
        """It holds secrets, and is read when the message leaves."""
        return ""

    def service_address(self, letter: Letter) -> str:
        return letter.to

    def opened(self, address: str) -> Any:
        return service_of(address, self.services)

    def line(self, letter: Letter) -> str:
        return urlsplit(letter.to).netloc


class ChatChannel(ServiceChannel):
    """A chat service: Slack, Teams, Mattermost and others."""

    key = "chat"
    services = service_addresses.CHAT


class PushChannel(ServiceChannel):
    """A service that shows messages on a phone: ntfy, Gotify, Pushover and others."""

    key = "push"
    services = service_addresses.PUSH


def service_of(address: str, services: tuple[service_addresses.Service, ...]) -> Any:
    """Apprise's service for an address that somebody entered; None when it is of none of these services."""
    if service_addresses.refusal(address, services):
        return None
    found = instantiate(address)
    schemes = {scheme for scheme in found.schemas()} if found is not None else set()
    return found if any(service_addresses.is_of(one, services) for one in schemes) else None


def instantiate(address: str) -> Any:
    """Apprise's service for an address, whatever it is; None when Apprise does not understand it."""
    from apprise import Apprise, AppriseAsset  # a second that only who sends has to wait for

    asset = AppriseAsset(
        app_id="Mainstay",
        app_desc="Mainstay",
        app_url=settings.SITE_URL,
        async_mode=False,
        http_redirects=False,
        image_url_mask="",
        image_url_logo="",
    )
    return Apprise.instantiate(address, asset=asset)


class _Ears(logging.Handler):
    """What Apprise says in this thread: it answers yes or no, and tells the reason to its log only."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        self._thread = get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()

    def __enter__(self) -> "_Ears":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def _refusal(said: str) -> DeliveryError:
    status = _STATUS.search(said)
    if status is None:
        return ChannelDown("The service does not answer.")
    code = int(status[1])
    if code >= 500:
        return DeliveryError(f"The service is out of order (it answered {code}).")
    return DeliveryError(
        f"The service refused the message (it answered {code}).", permanent=code not in _LATER
    )
