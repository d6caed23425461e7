"""A SOCKS proxy for the tests of every transport."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_client.testing import Server

__all__ = ["Socks"]


class Socks:
    """A SOCKS5 proxy (RFC 1928) that takes everyone, and connects every name to one server.

    Attributes:
        asked: the kind of address and the address of each connection that was asked for.
        users: user and password of each connection.
    """

    def __init__(self, server: Server, reply: int = 0) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self.users: list[tuple[bytes, bytes]] = []
        self._server = server
        self._reply = reply
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self.port = 0

    def __enter__(self) -> Socks:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.create_task(self._connection(reader, writer)))

        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            _, count = await reader.readexactly(2)
            if 2 in await reader.readexactly(count):
                writer.write(b"\x05\x02")
                await reader.readexactly(1)
                user = await reader.readexactly((await reader.readexactly(1))[0])
                self.users.append((user, await reader.readexactly((await reader.readexactly(1))[0])))
                writer.write(b"\x01\x00")
            else:
                writer.write(b"\x05\x00")
            kind = (await reader.readexactly(4))[3]
            length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
            self.asked.append((kind, await reader.readexactly(length)))
            await reader.readexactly(2)
            writer.write(bytes([5, self._reply, 0, 1, 0, 0, 0, 0, 0, 0]))
            if self._reply:
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
            with contextlib.closing(inner_writer):
                await asyncio.gather(self._copy(reader, inner_writer), self._copy(inner_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()
