"""The channels there are. In-app messages need none: the row is the message."""

from notifications.channels.apprise import ChatChannel, PushChannel, SmsChannel
from notifications.channels.base import Channel
from notifications.channels.browser import BrowserChannel
from notifications.channels.email import EmailChannel

_CHANNELS: dict[str, type[Channel]] = {
    kind.key: kind for kind in (EmailChannel, SmsChannel, PushChannel, ChatChannel, BrowserChannel)
}


def channel(key: str) -> Channel:
    """A fresh channel, not connected yet. Raises KeyError for a channel that does not exist."""
    return _CHANNELS[key]()
