"""Settings by environment variables that refuse bad values instead of guessing."""

import base64
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def text(name: str, default: str = "") -> str:
    """The variable as written, stripped; `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def data_dir() -> Path:
    """Where everything that an installation keeps in files lies; made when missing."""
    chosen = Path(text("DATA_DIR", str(Path(__file__).resolve().parent.parent / "var"))).resolve()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR={str(chosen)!r} cannot be used: {error.strerror}."
        ) from error
    return chosen


def development_secret(directory: Path, name: str = "secret-key", *, length: int = 48) -> str:
    """This installation's own random secret of `length` bytes, kept in the file `name` for its owner alone; made at
    the first start.
    """
    kept = directory / name
    if not kept.exists():
        # written aside and linked: of several processes that start at once, one wins and none reads half a file
        handle, aside = tempfile.mkstemp(prefix=f"{name}-", dir=directory)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(length))
        with suppress(FileExistsError):
            os.link(aside, kept)
        os.unlink(aside)
    return kept.read_text().strip()


def _parsed(
    name: str, default: T, parse: Callable[[str], T], expected: str, *, secret: bool = False
) -> T:
    """`secret` values are not repeated in the refusal, which ends up in logs."""
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except (ValueError, KeyError):
        shown = name if secret else f"{name}={raw!r}"
        raise ImproperlyConfigured(f"{shown} is not understood: expected {expected}.") from None


def boolean(name: str, *, default: bool) -> bool:
    """`1/true/yes/on` or `0/false/no/off`."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    return _parsed(name, default, lambda raw: words[raw.lower()], "true or false")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    """A whole number from `minimum` to `maximum`."""

    def parse(raw: str) -> int:
        value = int(raw)
        if not minimum <= value <= maximum:
            raise ValueError(raw)
        return value

    return _parsed(
        name, default, parse, f"a whole number, {minimum} or more, {maximum} at the most"
    )


def choice(name: str, default: str, allowed: set[str]) -> str:
    """One word of `allowed`."""

    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(raw)
        return raw

    return _parsed(name, default, parse, "one of " + ", ".join(sorted(allowed)))


def words(name: str, default: list[str], *, pattern: str, expected: str) -> list[str]:
    """A comma-separated list; each word matches `pattern`."""

    def parse(raw: str) -> list[str]:
        found = [word.strip() for word in raw.split(",") if word.strip()]
        if not found or not all(re.fullmatch(pattern, word) for word in found):
            raise ValueError(raw)
        return found

    return _parsed(name, default, parse, f"{expected}, separated by commas")


def sender(name: str, default: str) -> str:
    """An address for the From line, with or without a name."""

    def parse(raw: str) -> str:
        user, at, host = parseaddr(raw)[1].rpartition("@")
        if not (user and at and host) or "\n" in raw or "\r" in raw:
            raise ValueError(raw)
        return raw

    return _parsed(name, default, parse, "an address such as Mainstay <mainstay@example.org>")


def rate(name: str, default: str) -> str:
    """Requests per period, e.g. `100/min`."""

    def parse(raw: str) -> str:
        count, period = raw.split("/")
        if int(count) < 1 or period not in {"s", "sec", "m", "min", "h", "hour", "d", "day"}:
            raise ValueError(raw)
        return raw

    return _parsed(name, default, parse, "a rate such as 100/min")


def url(name: str, schemes: set[str], *, host_needed: bool = True) -> str:
    """An address with one of `schemes`, or the empty string."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes or (host_needed and not parts.hostname):
            raise ValueError(raw)
        if parts.port == 0:  # asking for the port refuses what is none
            raise ValueError(raw)
        return raw

    beginnings = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
    host = " and a host" if host_needed else ""
    return _parsed(name, "", parse, f"an address beginning with {beginnings}{host}", secret=True)


def headers(name: str) -> dict[str, str]:
    """Headers to send along, `name=value` by commas; values may be percent-encoded."""

    def parse(raw: str) -> dict[str, str]:
        pairs = [part.strip().partition("=") for part in raw.split(",") if part.strip()]
        found = {key.strip(): unquote(value.strip()) for key, _, value in pairs}
        if not all(re.fullmatch(r"[\w-]+", key) and value for key, value in found.items()):
            raise ValueError(raw)
        if any(set(value) & {"\r", "\n"} for value in found.values()):
            raise ValueError(raw)
        return found

    return _parsed(name, {}, parse, "name=value, separated by commas", secret=True)


def sms(name: str) -> str:
    """An address of a service for SMS as Apprise writes it, with `{phone}` where the number belongs; or empty."""

    def parse(raw: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9]*://\S+", raw) or raw.count("{phone}") != 1:
            raise ValueError(raw)
        return raw

    return _parsed(name, "", parse, "such as twilio://…/{phone}, with {phone} once", secret=True)


def key(name: str, *, length: int) -> str:
    """A secret of `length` bytes in URL-safe base64, or the empty string."""

    def parse(raw: str) -> str:
        if len(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))) != length:
            raise ValueError(raw)
        return raw.rstrip("=")

    return _parsed(name, "", parse, f"{length} bytes in URL-safe base64", secret=True)


def redis(name: str) -> str:
    """The address of a Redis database, e.g. `redis://:password@host:6379/0`, or the empty string."""
    address = url(name, {"redis", "rediss"})
    if address and not re.fullmatch(r"/?\d*", urlsplit(address).path):
        raise ImproperlyConfigured(f"{name} is not understood: behind the host stands a number.")
    return address


def database(address: str, *, data_dir: Path) -> dict[str, Any]:
    """Django's database settings for `DATABASE_URL`, or the embedded SQLite file when it is empty.

    SQLite writes with IMMEDIATE transactions, a write-ahead log and a busy timeout, so that writers queue
    instead of failing. PostgreSQL uses psycopg's pool; `?pool=20` bounds it.
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_dir / "mainstay.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
            },
        }
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    pool = query.pop("pool", "20")
    if not pool.isdecimal() or int(pool) < 1:
        raise ImproperlyConfigured("DATABASE_URL: pool must be a number of connections, 1 or more.")
    name = unquote(parts.path.strip("/"))
    if not name:
        raise ImproperlyConfigured(
            "DATABASE_URL names no database: expected postgresql://user:password@host/name."
        )
    # A connection that the server dropped is noticed before it is used; a server that is back is found in seconds.
    waits = {"timeout": 5, "reconnect_timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or query.pop("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Compiling a report's statement takes longer than the report; `?options=` says otherwise.
            "options": "-c jit=off",
            **query,
            "pool": {"min_size": 1, "max_size": int(pool), **waits},
        },
    }


def mail(address: str) -> dict[str, Any]:
    """Django's mail settings for `SMTP_URL`: smtp (plain), smtp+tls (STARTTLS) or smtps (TLS from the start)."""
    parts = urlsplit(address)
    default_port = {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or default_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
