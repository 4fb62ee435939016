"""Settings by environment variables that refuse bad values instead of guessing."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def text(name: str, default: str = "") -> str:
    """The variable as written, stripped; `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def _parsed(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    raw = text(name)
    if not raw:
        return default
    try:
        return parse(raw)
    except (ValueError, KeyError):
        raise ImproperlyConfigured(
            f"{name}={raw!r} is not understood: expected {expected}."
        ) from None


def boolean(name: str, *, default: bool) -> bool:
    """`1/true/yes/on` or `0/false/no/off`."""
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    return _parsed(name, default, lambda raw: words[raw.lower()], "true or false")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number not below `minimum`."""

    def parse(raw: str) -> int:
        value = int(raw)
        if value < minimum:
            raise ValueError(raw)
        return value

    return _parsed(name, default, parse, f"a whole number, {minimum} or more")


def choice(name: str, default: str, allowed: set[str]) -> str:
    """One word of `allowed`."""

    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(raw)
        return raw

    return _parsed(name, default, parse, "one of " + ", ".join(sorted(allowed)))


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def rate(name: str, default: str) -> str:
    """Requests per period, e.g. `100/min`."""

    def parse(raw: str) -> str:
        count, period = raw.split("/")
        if int(count) < 1 or period not in {"s", "sec", "m", "min", "h", "hour", "d", "day"}:
            raise ValueError(raw)
        return raw

    return _parsed(name, default, parse, "a rate such as 100/min")


def url(name: str, schemes: set[str]) -> str:
    """An address with one of `schemes`, or the empty string."""

    def parse(raw: str) -> str:
        if urlsplit(raw).scheme not in schemes:
            raise ValueError(raw)
        return raw

    return _parsed(
        name,
        "",
        parse,
        "an address beginning with " + " or ".join(f"{s}://" for s in sorted(schemes)),
    )


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
    try:
        pool_size = int(query.pop("pool", "20"))
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL: pool must be a whole number of connections."
        ) from None
    if not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL names no database: expected postgresql://user:password@host/name."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or query.pop("host", ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": max(pool_size, 1), "timeout": 10}, **query},
    }


def mail(address: str) -> dict[str, Any]:
    """Django's mail settings for `SMTP_URL`: smtp (plain), smtp+tls (STARTTLS) or smtps (TLS from the start)."""
    parts = urlsplit(address)
    if not parts.hostname:
        raise ImproperlyConfigured(
            "SMTP_URL names no host: expected smtp+tls://user:password@host:587."
        )
    default_port = {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or default_port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
