"""Who may open a socket: the console by its session cookie, programs by an access token or an API key."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.cookie import parse_cookie

from accounts.api import holders
from accounts.api.holders import Holder


@dataclass(frozen=True, slots=True)
class Claim:
    """What a socket was opened with: the key of a session, or a token and where a platform operator works by it."""

    session: str = ""
    token: str = ""
    organization: str = ""


def is_ours(origin: str | None, environ: dict[str, Any]) -> bool:
    """Whether a page of this origin may talk to us; programs send none, nor do pages that ask their own site."""
    if not origin:
        return True
    trusted = (settings.SITE_URL, *settings.CSRF_TRUSTED_ORIGINS)
    if origin in trusted or any(fnmatchcase(origin, known) for known in trusted):
        return True
    return not settings.PRODUCTION and urlsplit(origin).netloc == environ.get("HTTP_HOST")


def claim(environ: dict[str, Any], auth: object) -> Claim:
    """What is put forward: what the program says, else the cookie."""
    said = auth if isinstance(auth, dict) else {}
    if said.get("token"):
        return Claim(token=str(said["token"]), organization=str(said.get("organization", "")))
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    return Claim(session=cookies.get(settings.SESSION_COOKIE_NAME, ""))


def holder(made: Claim) -> Holder | None:
    """Who stands behind it at present."""
    if made.token:
        return holders.of_token(made.token, organization=made.organization)
    return holders.of_session(made.session)
