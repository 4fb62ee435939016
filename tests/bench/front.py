"""What stands before site and sockets in production: one address; each connection goes to the one or the other.

python -m tests.bench.front PORT SITE_PORT SOCKETS_PORT
"""

import asyncio
import sys

_SOCKETS = b"GET /socket.io/"


async def main(port: int, site: int, sockets: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65536)
        there = sockets if first.startswith(_SOCKETS) else site
        answers, asks = await asyncio.open_connection("127.0.0.1", there)
        asks.write(first)
        await asyncio.gather(_carry(reader, asks), _carry(answers, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


if __name__ == "__main__":
    asyncio.run(main(*(int(port) for port in sys.argv[1:])))
