"""Refused use cases. Services raise these; every door translates them for its caller."""

from collections.abc import Mapping, Sequence
from typing import Any


class DomainError(Exception):
    """A use case was refused; `message` is a sentence for the person who asked."""

    default_code = "refused"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.field = field


class Conflict(DomainError):
    """The state of the system does not allow it (HTTP 409); `conflicts` names what is in the way."""

    default_code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        conflicts: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.conflicts = list(conflicts)


class NotAllowed(DomainError):
    """The person lacks the right (HTTP 403)."""

    default_code = "not_allowed"


class Invalid(DomainError):
    """The input is wrong (HTTP 400); `errors` maps field names to sentences.

    Errors that belong to no single field stand under "__all__".
    """

    default_code = "invalid"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        field: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        found = {name: list(texts) for name, texts in (errors or {}).items()}
        if message and not found:
            found = {field or "__all__": [message]}
        text = message or " ".join(sentence for texts in found.values() for sentence in texts)
        super().__init__(text, code=code, field=field)
        self.errors: dict[str, list[str]] = found


class TooLarge(Invalid):
    """The file is larger than the site accepts (HTTP 413)."""

    default_code = "too_large"
