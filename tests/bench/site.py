"""The site as a web server calls it: through its WSGI handler, with every middleware and a connection per request."""

import io
import sys
from typing import Any
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from accounts.api import tokens
from accounts.models import User

Answer = tuple[bytes, dict[str, str]]


class Site:
    """Asks as one person: the API with a token, the console with a session."""

    def __init__(self, user: User) -> None:
        self._handler = WSGIHandler()
        self._token = f"Bearer {tokens.issue(user).access}"
        browser = Client()
        browser.force_login(user)
        self._cookie = f"sessionid={browser.cookies['sessionid'].value}"

    def get(self, address: str, **headers: str) -> Answer:
        """Body and headers; raises RuntimeError unless the answer is 200."""
        parts, answer = urlsplit(address), {}
        signed_in = (
            {"HTTP_AUTHORIZATION": self._token}
            if parts.path.startswith("/api/")
            else {"HTTP_COOKIE": self._cookie}
        )
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8000",
            "HTTP_ACCEPT": "application/json" if parts.path.startswith("/api/") else "text/html",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            **signed_in,
            **headers,
        }

        def start(status: str, found: list[tuple[str, str]], *_: Any) -> Any:
            answer["status"] = status
            answer.update(found)

        response = self._handler(environ, start)
        body = b"".join(response)
        response.close()
        if not answer["status"].startswith("200"):
            raise RuntimeError(f"{address}: {answer['status']} {body[:300]!r}")
        return body, answer
