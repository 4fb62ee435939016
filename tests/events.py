"""What happens after a commit, for tests."""

from datetime import datetime

from core import outbox


def relay_all(now: datetime) -> None:
    """Hand every waiting event to its handlers, and what they publish to theirs."""
    while outbox.relay(now):
        pass
