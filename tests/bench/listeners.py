"""Receivers for the bench, in a process of their own: 500 sockets, a queue on the bus, a webhook's address.

    python -m tests.bench.listeners PORT EXCHANGE

Reads people's tokens from its input, says where the webhook is when all are connected, and on the next line of input
tells what arrived when, by correlation id.
"""

import asyncio
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pika
import socketio

_EACH = 20
heard: dict[str, list[tuple[str, float]]] = {"socket": [], "rabbitmq": [], "webhook": []}


async def main(port: str, exchange: str) -> None:
    people = json.loads(sys.stdin.readline())["tokens"]
    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    threading.Thread(target=_hear_bus, args=(exchange,), daemon=True).start()
    clients = [_client() for _ in range(_EACH * len(people))]
    for number, client in enumerate(clients):
        token = people[number % len(people)]
        await client.connect(
            f"http://127.0.0.1:{port}", auth={"token": token}, transports=["websocket"]
        )
    _say({"webhook": f"http://127.0.0.1:{hook.server_port}/"})
    await asyncio.to_thread(sys.stdin.readline)
    _say(heard)
    os._exit(0)  # nobody waits for 500 farewells


def _client() -> Any:
    client = socketio.AsyncClient(reconnection=False)

    async def note(event: str, data: Any) -> None:
        if isinstance(data, dict) and "correlationid" in data:
            heard["socket"].append((data["correlationid"], time.time()))

    client.on("*", note)
    return client


def _hear_bus(exchange: str) -> None:
    link = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = link.channel()
    channel.exchange_declare(exchange, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, "#")
    for _, properties, _ in channel.consume(queue, auto_ack=True):
        heard["rabbitmq"].append((properties.correlation_id, time.time()))


class Hook(BaseHTTPRequestHandler):
    """Takes everything."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        heard["webhook"].append((body.get("correlationid", ""), time.time()))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
