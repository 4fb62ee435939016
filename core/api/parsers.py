"""JSON bodies, strictly."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

_DEEPEST = 32


class JSONParser(BaseParser):
    """UTF-8 JSON without NaN, lone surrogates, NUL characters or nesting that no field could hold."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read()
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        _check(data, b"\\u0000" in raw)
        return data


def _check(data: Any, may_have_nul: bool) -> None:
    """Refuse what databases cannot store; `may_have_nul` spares looking at every text."""
    level = [data]
    for _ in range(_DEEPEST):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if may_have_nul and any("\0" in key for key in value):
                    raise ParseError("Text may not contain NUL characters.")
                deeper += value.values()
            elif isinstance(value, list):
                deeper += value
            elif may_have_nul and isinstance(value, str) and "\0" in value:
                raise ParseError("Text may not contain NUL characters.")
        if not deeper:
            return
        level = deeper
    raise ParseError(f"The document is nested more than {_DEEPEST} levels deep.")
