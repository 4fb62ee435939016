"""Bodies of requests: JSON strictly, and none larger than the site accepts."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from core.api.errors import TooLarge

_DEEPEST = 32


class JSONParser(parsers.BaseParser):
    """UTF-8 JSON without NaN, lone surrogates, NUL characters or nesting that no field could hold."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        check_length(parser_context, most)
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise too_large(most)
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        _check(data, b"\\u0000" in raw)
        return data


class MultiPartParser(parsers.MultiPartParser):
    """Forms with files, none of which may be larger than an attachment."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        check_length(parser_context, self.largest() + settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return super().parse(stream, media_type, parser_context)

    def largest(self) -> int:
        """How many bytes the largest file may have."""
        return int(max(settings.MAX_PHOTO_BYTES, settings.MAX_DOCUMENT_BYTES))


def check_length(parser_context: Mapping[str, Any] | None, most: int) -> None:
    """Refuse a body by the length that it declares, before any of it is read."""
    request = (parser_context or {}).get("request")
    declared = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
    if str(declared).isdigit() and int(declared) > most:
        raise too_large(most)


def too_large(most: int) -> TooLarge:
    return TooLarge(f"The body of a request may have {most:,} bytes at most.")


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
