"""Ids that sort by the time they were made (UUID version 7, RFC 9562)."""

import os
import time
from datetime import datetime
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM = (1 << 62) - 1


def new_id() -> UUID:
    """A UUIDv7: milliseconds, then 12 bits of the fraction, then 62 random bits.

    Ids of one process sort in the order of creation down to a quarter of a microsecond, so
    new rows land at the end of an index.
    """
    milliseconds, fraction = divmod(time.time_ns(), 1_000_000)
    moment = milliseconds << 80 | (fraction * 4096 // 1_000_000) << 64
    return UUID(int=moment | _VERSION | _VARIANT | int.from_bytes(os.urandom(8)) & _RANDOM)


def first_id(moment: datetime) -> UUID:
    """No id that is made from `moment` on sorts before this one."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | _VERSION | _VARIANT)
