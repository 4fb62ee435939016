"""Receivers of webhooks on this machine, as others would write them."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook as Verifier

from core.tenancy import all_tenants, tenant_scope
from integrations.models import Publication, PublishedEvent, Webhook, WebhookDelivery
from integrations.services import webhooks
from integrations.services.webhook_sending import Sender


@dataclass
class Receiver:
    """`statuses` are answered in turn, then `status`; `got` has what arrived, with its headers."""

    address: str
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    reason: str | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    connections: int = 0
    hold: threading.Event | None = None

    @property
    def ids(self) -> list[str]:
        """Of everything that arrived."""
        return [headers["webhook-id"] for headers, _ in self.got]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def verify(self, *secrets: str) -> None:
        """All that arrived bears a good signature by each of the secrets. Raises what the library raises."""
        for headers, body in self.got:
            for secret in secrets:
                Verifier(secret).verify(body, headers)


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver, for as long as the block lasts; encrypted with the key and certificate of the file."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            state.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.got.append((headers, body))
            if state.hold is not None:
                state.hold.wait(60)
            status = state.statuses.pop(0) if state.statuses else state.status
            if status < 300:
                state.taken.append(headers["webhook-id"])
            self.send_response(status, state.reason)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: Any) -> None:
            """Whoever asked had waited long enough."""

    running = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        running.socket = context.wrap_socket(running.socket, server_side=True)
    scheme = "http" if certificate is None else "https"
    state = Receiver(f"{scheme}://127.0.0.1:{running.server_port}/events?from=mainstay")
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def happen(organization: Any, now: datetime, *types: str) -> list[str]:
    """Publish an event of each type; returns their ids."""
    with all_tenants(reason="test"):
        Publication.objects.get_or_create(pk=1)
        head = Publication.objects.head()
        rows = [
            PublishedEvent(
                organization=organization,
                position=head + number,
                type=name,
                version=1,
                subject=f"{name.partition('.')[0]}/{number}",
                data={"number": number},
                cause_id=uuid4(),
                correlation_id=f"correlation-{number}",
                occurred_at=now,
                published_at=now,
            )
            for number, name in enumerate(types, start=1)
        ]
        PublishedEvent.objects.bulk_create(rows)
        Publication.objects.update(position=head + len(rows))
    return [str(row.pk) for row in rows]


def made(organization: Any, address: str, now: datetime, **values: Any) -> Webhook:
    """A webhook of the organisation."""
    with tenant_scope(organization.pk):
        webhook = Webhook(**{"name": f"Receiver {uuid4().hex[:6]}", "url": address, **values})
        return webhooks.create_webhook(webhook, by=None, now=now)


def drain(now: datetime, sender: Sender | None = None) -> int:
    """Send until nothing more is to be done at this moment; returns in how many turns."""
    sender, turns = sender or Sender(), 0
    while sender.send(lambda: now) + sender.finish(lambda: now):
        turns += 1
        assert turns < 1_000
    return turns


def fresh(webhook: Webhook) -> Webhook:
    """As it stands now."""
    with tenant_scope(webhook.organization_id):
        found: Webhook = Webhook.objects.get(pk=webhook.pk)
    return found


def log(webhook: Webhook) -> list[tuple[str, int, int | None, str]]:
    """What was sent, oldest first."""
    with tenant_scope(webhook.organization_id):
        rows = WebhookDelivery.objects.filter(webhook=webhook).order_by("at", "pk")
        return list(rows.values_list("event_type", "attempt", "status_code", "outcome"))
