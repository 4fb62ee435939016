"""The demo's rows, kept as CSV files beside the code."""

import csv
import random
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    """The rows of one table."""
    with (_FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def attributes(text: str) -> dict[str, Any]:
    """`key=value; key=value` as a dictionary; the type's declaration converts the values."""
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {key: value for key, _, value in pairs}


@cache
def _notes() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows("notes"):
        found[row["topic"], row["issues"]].append(row["text"])
    return found


def finding(topic: str, generator: random.Random) -> tuple[str, str]:
    """What somebody found and wrote: an issue level and the notes; most of the time nothing was wrong."""
    chance = generator.random()
    issues = "major" if chance < 0.025 else "minor" if chance < 0.14 else "none"
    texts = _notes().get((topic, issues)) or _notes()[topic, "none"]
    level = issues if (topic, issues) in _notes() else "none"
    return level, generator.choice(texts)
