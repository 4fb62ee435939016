"""What a browser would send of a form that nobody has touched."""

from html.parser import HTMLParser
from typing import Any


def _is_sent(given: dict[str, str | None]) -> bool:
    kind = given.get("type")
    if kind in ("checkbox", "radio"):
        return "checked" in given
    return kind not in ("submit", "button", "file")


class _Form(HTMLParser):
    """Collects the fields of the form with an id."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.fields: dict[str, list[str]] = {}
        self._is_inside = False
        self._select: str | None = None
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = given.get("id") == self.name
        name = given.get("name")
        if not self._is_inside or "disabled" in given:
            return
        if tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value"))
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._text = name
            self._add(name, "")
        elif tag == "input" and _is_sent(given):
            self._add(name, given.get("value", "on" if "checked" in given else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            # browsers leave out the line break that Django puts before the text
            self.fields[self._text][-1] += (
                data if self.fields[self._text][-1] else data.lstrip("\r\n")
            )

    def _add(self, name: str | None, value: str | None) -> None:
        if name:
            self.fields.setdefault(name, []).append(value or "")


def form_fields(answer: Any, name: str) -> dict[str, list[str]]:
    """The fields of the form `name` on a page, with what they hold."""
    parser = _Form(name)
    parser.feed(answer.content.decode())
    return parser.fields
