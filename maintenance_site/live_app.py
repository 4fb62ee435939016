"""Socket.IO at `/socket.io/`, alone or before the site."""

from collections.abc import Callable, Iterable
from typing import Any

import socketio

Site = Callable[..., Iterable[bytes]]

#: Pages that are made at the same time.
SITE_THREADS = 4


def live_app(site: Site | None = None) -> Any:
    """The ASGI application; what is not for the sockets goes to `site`, a WSGI application. Django must be ready."""
    from integrations.live.server import LiveServer

    server = LiveServer()
    return socketio.ASGIApp(
        server.sockets,
        other_asgi_app=_as_asgi(site) if site else None,
        on_startup=server.start,
        on_shutdown=server.stop,
    )


def _as_asgi(site: Site) -> Any:
    from a2wsgi import WSGIMiddleware

    def told_where_bodies_end(environ: Any, start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = True  # also of those in chunks
        return site(environ, start_response)

    return WSGIMiddleware(told_where_bodies_end, workers=SITE_THREADS)
