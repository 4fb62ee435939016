"""Reports from the floor: what they are called, what strangers may read of them, and how alike two of them are."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklogs import states

_TITLE = 80
_ENDS = re.compile(r"(?<=[.!?])\s|\n")
#: What could lead to a person: addresses of mail and of pages, and numbers as long as a telephone's.
_PRIVATE = re.compile(r"\S*@\S*|\S*://\S*|\bwww\.\S*|\+?\d[\d\s()/.-]{4,}\d")
_WORD = re.compile(r"[^\W\d_]{3,}|\d+")
_EMPTY_WORDS = frozenset(
    {
        *("the", "and", "are", "for", "has", "have", "its", "not", "room", "does", "doesn", "isn"),
        *("with", "from", "that", "this", "there", "please", "again", "very"),
    }
)
_LIKE = 4
_RECENT = timedelta(days=30)


def headline(text: str) -> tuple[str, str]:
    """Title and description of what somebody wrote: the first sentence, and the whole where that is not all."""
    whole = text.strip()
    first = " ".join(_ENDS.split(whole, maxsplit=1)[0].split())
    title = first if len(first) <= _TITLE else first[: _TITLE - 1].rsplit(" ", 1)[0] + "…"
    return title.rstrip(".") or title, "" if title == whole else whole


def for_strangers(title: str) -> str:
    """A title as people without sign-in may read it: without what could lead to whoever wrote it."""
    return " ".join(_PRIVATE.sub("…", title).split())


def trade_only(trade: str) -> str:
    """What strangers read where nobody reported in their own words: titles of planners are not for them."""
    return f"Already reported: {trade}" if trade else "Already reported"


@dataclass(frozen=True, slots=True)
class Told:
    """What decides whether two reports mean the same. `place` is the path of the resource."""

    text: str
    category: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Likeness:
    """`reasons` in words, weightiest first."""

    points: int
    reasons: tuple[str, ...]

    @property
    def is_likely(self) -> bool:
        """Enough to be shown to somebody who decides."""
        return self.points >= _LIKE


def likeness(one: Told, other: Told) -> Likeness:
    """How much speaks for both being the same: words in common, place, category, and days between them."""
    shared = words(one.text) & words(other.text)
    least = min(len(words(one.text)), len(words(other.text))) or 1
    found = [
        (min(4, round(5 * len(shared) / least)), f"both say {_quoted(shared)}"),
        (3 if one.place == other.place else 1, _place(one.place, other.place)),
        (2 if one.category == other.category != "other" else 0, "same category"),
        (0 if abs(one.at - other.at) > _RECENT else 1, "reported at about the same time"),
    ]
    counted = sorted((item for item in found if item[0]), key=lambda item: -item[0])
    is_meant = bool(shared) or one.category == other.category != "other"
    points = sum(points for points, _ in counted) if is_meant else 0
    return Likeness(points, tuple(reason for _, reason in counted))


def words(text: str) -> frozenset[str]:
    """The words that carry meaning, without the endings that English gives them."""
    found = (_stem(word) for word in _WORD.findall(text.lower()))
    return frozenset(word for word in found if word not in _EMPTY_WORDS)


def _stem(word: str) -> str:
    for ending in ("ing", "ped", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _quoted(shared: frozenset[str]) -> str:
    return ", ".join(
        f"“{word}”" for word in sorted(shared, key=lambda word: (-len(word), word))[:3]
    )


def _place(one: str, other: str) -> str:
    if one == other:
        return "same place"
    return "part of the same place"


#: What whoever reported reads of each state: a word, and what it means for them.
_STANDING = {
    states.REPORTED: ("Received", "Your report has arrived. Somebody will look at it soon."),
    states.TRIAGED: ("Seen", "Somebody has looked at your report and plans what to do."),
    states.SCHEDULED: ("Planned", "It is planned."),
    states.ASSIGNED: ("Planned", "It is planned, and somebody takes care of it."),
    states.IN_PROGRESS: ("In work", "Somebody is working on it."),
    states.ON_HOLD: ("In work", "Work has begun and waits for something, such as a part."),
    states.COMPLETED: ("Done", "It is done. Thank you for telling us."),
    states.VERIFIED: ("Done", "It is done. Thank you for telling us."),
    states.CANCELLED: ("Closed", "Nothing will be done about it any more."),
    states.REJECTED: ("Closed", "Nothing will be done about it."),
    states.DUPLICATE: ("Known", "It was known already."),
}
#: The way of a report that is acted on.
STEPS = ("Received", "Seen", "Planned", "In work", "Done")


def standing(status: str) -> tuple[str, str]:
    """Where a report stands, for whoever reported it: a word, and a sentence."""
    return _STANDING[status]
