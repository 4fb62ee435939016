"""Reading a calendar from an address that somebody entered, over redirects, each of which is checked as well."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin

from django.conf import settings

from integrations.services.foreign import Answer, Line, NotReached, Patience, check_address

MOST_BYTES = 10_000_000
PATIENCE = 30.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back; `data` is None when nothing changed since `etag` and `modified`."""

    data: bytes | None
    etag: str = ""
    modified: str = ""


def check(address: str) -> None:
    """Raise `NotReached` for what can be seen to be no calendar's address, or one in the own network."""
    check_address(_web(address), may_be_private=settings.BOOKING_FEEDS_PRIVATE)


def fetch(address: str, *, etag: str = "", modified: str = "") -> Fetched:
    """Read the address. Raises `NotReached`. Never called inside a transaction: it may take half a minute."""
    patience, parts = Patience(PATIENCE), check_address(_web(address))
    known = {"If-None-Match": etag, "If-Modified-Since": modified}
    for _ in range(_MOST_REDIRECTS + 1):
        answer = _ask(parts, {name: value for name, value in known.items() if value}, patience)
        target = answer.headers.get("Location")
        if answer.status not in _REDIRECTS or not target:
            return _fetched(answer)
        following = check_address(urljoin(parts.geturl(), target))
        if parts.scheme == "https" and following.scheme != "https":
            raise NotReached("The address leads on to one without encryption.")
        parts = following
    raise NotReached("The address leads on and on.")


def _web(address: str) -> str:
    return address.replace("webcal://", "https://", 1)


def _ask(parts: SplitResult, known: dict[str, str], patience: Patience) -> Answer:
    line = Line(parts.geturl(), may_be_private=settings.BOOKING_FEEDS_PRIVATE)
    try:
        headers = {"Accept": "text/calendar, */*;q=0.1", **known}
        return line.ask("GET", headers, most_bytes=MOST_BYTES, patience=patience)
    finally:
        line.close()


def _fetched(answer: Answer) -> Fetched:
    if answer.status == 304:
        return Fetched(None)
    if answer.status != 200:
        raise NotReached(f"The server answers {answer.status} {answer.reason}"[:200])
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotReached("The server compresses its answer although it was asked not to.")
    if not answer.is_whole:
        raise NotReached(f"The calendar is larger than {MOST_BYTES // 1_000_000} MB.")
    tags = {name: answer.headers.get(name, "") for name in ("ETag", "Last-Modified")}
    return Fetched(answer.data, tags["ETag"][:300], tags["Last-Modified"][:100])
