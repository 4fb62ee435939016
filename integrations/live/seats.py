"""What this process knows of each open socket."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from accounts.api.holders import Holder
from integrations.live.signing_in import Claim

#: Of one person in one process; a page has one.
MOST_SOCKETS = 50
#: Objects that one socket listens to.
MOST_SUBJECTS = 100
#: Questions of one socket: so many at once, and then so many a second.
MOST_AT_ONCE = 20
A_SECOND = 2.0


@dataclass(slots=True)
class Seat:
    """One socket; `checked_at` and `asked_at` are monotonic seconds."""

    claim: Claim
    holder: Holder
    subjects: set[str] = field(default_factory=set)
    checked_at: float = field(default_factory=time.monotonic)
    asked_at: float = field(default_factory=time.monotonic)
    allowance: float = MOST_AT_ONCE

    def may_ask(self) -> bool:
        """Whether it has not asked too much of late; counts the question."""
        now = time.monotonic()
        gained = (now - self.asked_at) * A_SECOND
        self.allowance, self.asked_at = min(MOST_AT_ONCE, self.allowance + gained), now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True


class Seats:
    """Every socket of this process by its id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Seat] = {}
        self._of_person: Counter[UUID] = Counter()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[tuple[str, Seat]]:
        return iter(list(self._by_id.items()))

    def get(self, sid: str) -> Seat | None:
        """The seat of a socket that is still open."""
        return self._by_id.get(sid)

    def take(self, sid: str, seat: Seat) -> bool:
        """Remember it; False when the person has too many."""
        person = seat.holder.user_id
        if self._of_person[person] >= MOST_SOCKETS:
            return False
        self._by_id[sid] = seat
        self._of_person[person] += 1
        return True

    def leave(self, sid: str) -> None:
        """Forget it."""
        seat = self._by_id.pop(sid, None)
        if seat is not None:
            self._of_person[seat.holder.user_id] -= 1
            self._of_person += Counter()  # drops those at nought

    def organizations(self) -> set[UUID]:
        """Where those work who are connected."""
        return {seat.holder.organization_id for seat in self._by_id.values()}

    def people(self) -> set[UUID]:
        """Who is connected."""
        return set(self._of_person)
