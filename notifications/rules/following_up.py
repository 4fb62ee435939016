"""What becomes of an urgent message that nobody takes up: told louder, then to those further up."""

from collections.abc import Collection
from datetime import timedelta

#: How long somebody has to take up an urgent message before it is told louder.
PATIENCE = timedelta(minutes=15)
#: The channels from the one that is overlooked most easily to the one that wakes people.
LADDER = ("email", "chat", "browser", "push", "sms")
#: Whom a message goes to when its recipient does not take it up: first those who plan, then those who lead.
LEVELS = ("coordinators", "executives")
_ESCALATED = "unacknowledged"


def next_channel(told_by: Collection[str], open_channels: Collection[str]) -> str | None:
    """The next channel to tell by, stronger than all used so far; None when there is none."""
    used = max((LADDER.index(one) for one in told_by if one in LADDER), default=-1)
    return next((one for one in LADDER[used + 1 :] if one in open_channels), None)


def key_at(level: int, fact: str) -> str:
    """The key of the fact that nobody took up `fact`, as it is told at a level, from 1 on."""
    return f"{_ESCALATED}:{level}:{fact}"


def split(key: str) -> tuple[int, str]:
    """The level of a key and the fact at its root; level 0 is the fact itself."""
    kind, _, rest = key.partition(":")
    level, _, fact = rest.partition(":")
    if kind == _ESCALATED and level.isdecimal() and fact:
        return int(level), fact
    return 0, key


def family(key: str) -> list[str]:
    """Every key under which the same fact is told: whoever takes up one has taken up all."""
    fact = split(key)[1]
    return [fact, *(key_at(level, fact) for level in range(1, len(LEVELS) + 1))]
