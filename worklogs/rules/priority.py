"""How urgent work is, as a sum of points whose reasons can be read (DOMAIN, "Work orders")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LOW, MEDIUM, HIGH, CRITICAL = "low", "medium", "high", "critical"
#: From how many points on; the last that is reached holds.
_LEVELS = ((0, LOW), (2, MEDIUM), (4, HIGH), (6, CRITICAL))
_AT_ONCE = 6
_BY_CRITICALITY = {LOW: 0, MEDIUM: 1, HIGH: 2, CRITICAL: 3}
_BY_CATEGORY = {
    **dict.fromkeys(("safety",), 3),
    **dict.fromkeys(("electrical", "plumbing"), 2),
    **dict.fromkeys(("hvac", "appliance", "other"), 1),
}
#: Where the word is not the name.
_CATEGORIES = {
    "hvac": "heating, ventilation or air",
    "appliance": "an appliance",
    "other": "another trade",
}
SOON = timedelta(hours=24)

_WORDS = {
    "safety": "somebody's safety is at risk",
    "emergency": "it is an emergency",
    "criticality": "the resource is of {value} criticality",
    "criticality=critical": "the resource is critical",
    "category": "it concerns {value}",
    "overdue": "it is overdue",
    "soon": "it is due within 24 hours",
    "person": "a person set it",
    "plan": "the plan says so",
    "event": "another system says so",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides. `due_at` is aware; none when nobody waits for a day."""

    is_unsafe: bool = False
    is_emergency: bool = False
    criticality: str = MEDIUM
    category: str = "other"
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`reasons` are codes with their points, weightiest first: `safety+6`, `criticality=high+2`.

    `holds_until` is the moment at which the clock alone changes it; none when it never does.
    """

    level: str
    reasons: tuple[str, ...]
    holds_until: datetime | None


def judge(facts: Facts, *, now: datetime) -> Judgement:
    """The level, why, and until when it holds."""
    found = [
        ("safety", _AT_ONCE if facts.is_unsafe else 0),
        ("emergency", _AT_ONCE if facts.is_emergency else 0),
        (f"criticality={facts.criticality}", _BY_CRITICALITY[facts.criticality]),
        (f"category={facts.category}", _BY_CATEGORY.get(facts.category, 0)),
        _by_due(facts.due_at, now),
    ]
    counted = sorted(((code, points) for code, points in found if points), key=lambda one: -one[1])
    total = sum(points for _, points in counted)
    level = [name for least, name in _LEVELS if total >= least][-1]
    reasons = tuple(f"{code}+{points}" for code, points in counted)
    return Judgement(level, reasons, _next_change(facts.due_at, now))


def in_words(reasons: Iterable[str]) -> list[str]:
    """The reasons for people: “the resource is of high criticality (2 points)”."""
    return [_worded(reason) for reason in reasons]


def _worded(reason: str) -> str:
    code, _, points = reason.partition("+")
    name, _, value = code.partition("=")
    text = _WORDS.get(code) or _WORDS[name].format(value=_CATEGORIES.get(value, value))
    if not points:
        return text
    return f"{text} ({points} point{'' if points == '1' else 's'})"


def _by_due(due_at: datetime | None, now: datetime) -> tuple[str, int]:
    if due_at is None or now < due_at - SOON:
        return "soon", 0
    return ("overdue", 2) if now >= due_at else ("soon", 1)


def _next_change(due_at: datetime | None, now: datetime) -> datetime | None:
    coming = (due_at - SOON, due_at) if due_at else ()
    return next((moment for moment in coming if moment > now), None)
