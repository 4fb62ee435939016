"""Whatever happens inside is told outside, or stands on the list of what is not, with the reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from core import outbox, telling
from integrations.rules.kept_inside import KEPT_INSIDE

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "scheduling", "worklogs", "notifications", "reporting", "integrations")
NAME = re.compile(rf"({'|'.join(APPS)})\.[a-z_]+\.[a-z_]+")
PUBLISHERS = {"publish", "publish_many", "_publish"}


def _texts(part: ast.AST) -> Iterator[str]:
    """Every text written out in it, either side of an `if` too."""
    for node in ast.walk(part):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def published_in(source: str) -> set[str]:
    """The names of events that a module writes into the outbox, those put together of parts as well."""
    tree = ast.parse(source)
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in PUBLISHERS
    ]
    if not calls:
        return set()
    ends = {text for call in calls for part in call.args[:1] for text in _texts(part)}
    beginnings = {
        str(node.values[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant)
    }
    whole = {text for text in _texts(tree) if NAME.fullmatch(text)}
    parts = {beginning + end for beginning in beginnings for end in ends}
    return whole | {text for text in parts if NAME.fullmatch(text)}


def every_name() -> set[str]:
    """Of the code, and of everybody who listens."""
    found = {name for name in outbox._handlers if NAME.fullmatch(name)}
    for app in APPS:
        for path in [*(ROOT / app).glob("handlers.py"), *(ROOT / app / "services").rglob("*.py")]:
            found |= published_in(path.read_text())
    return found


def test_every_event_is_told_or_kept_inside_for_a_reason() -> None:
    names = every_name()
    assert len(names) > 40
    untold = {name for name in names if not telling.is_told(name)}
    assert untold - set(KEPT_INSIDE) == set()


def test_the_list_is_of_what_there_is() -> None:
    assert set(KEPT_INSIDE) - every_name() == set()
    assert [name for name in KEPT_INSIDE if telling.is_told(name)] == []
    assert all(reason.endswith(".") for reason in KEPT_INSIDE.values())
    decisions = (ROOT / "docs" / "decisions" / "events.md").read_text()
    assert [name for name in KEPT_INSIDE if f"`{name.partition('.')[2]}`" not in decisions] == []


def test_names_put_together_are_found() -> None:
    source = """
def _publish(what): outbox.publish(f"worklogs.thing.{what}", {})
def act(): _publish("made" if new else "changed")
"""
    assert published_in(source) == {"worklogs.thing.made", "worklogs.thing.changed"}
