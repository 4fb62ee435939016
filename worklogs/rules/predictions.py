"""Words for failures that are foreseen."""

from dataclasses import dataclass
from datetime import datetime

from core.rules.moments import day_and_time


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely a failure is, which one and when, as far as that is known.

    `level` is low, medium, high or critical; `health_score` goes from 0 to 100, the best, `confidence` from 0 to 1.
    """

    level: str
    failure_mode: str = ""
    message: str = ""
    health_score: float | None = None
    confidence: float | None = None
    fails_at: datetime | None = None


def title(risk: Risk, name: str) -> str:
    """“Bearing wear foreseen: Pump 3”, or “High risk of failure: Pump 3”."""
    mode = risk.failure_mode.replace("_", " ")
    said = f"{mode} foreseen" if mode else f"{risk.level} risk of failure"
    return f"{said[:1].upper()}{said[1:]}: {name}"


def description(risk: Risk, *, source: str, zone: str) -> str:
    """What was said by whom, with moments on the clock of the zone."""
    facts = [f"{risk.level.capitalize()} risk"]
    if risk.health_score is not None:
        facts.append(f"health score {risk.health_score:g} of 100")
    if risk.confidence is not None:
        facts.append(f"{risk.confidence * 100:.0f}% sure")
    expected = f" Failure expected {day_and_time(risk.fails_at, zone)}." if risk.fails_at else ""
    words = f"{', '.join(facts)}.{expected} Told by {source}."
    return "\n\n".join(part for part in (words, risk.message) if part)
