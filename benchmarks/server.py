"""The server of all comparisons, in a process of its own: prepared buffers, so that the client is what takes the time.

GET or POST `/{framing}/{kind}/{count}`, over TCP or TLS, on connections that are kept:

    framing   chunked, unframed (until close), or gzip (chunked too); each event is a chunk of its own
    kind      events, chat: as fast as they are taken (see `benchmarks.bodies`)
              paced-{rate}-{burst}: `rate` times a second, `burst` events that say when they are written
              chat-{rate}-{burst}: the same with the chunks of a chat answer
              held-{rate}-{burst}: the same after a first event, from when somebody asks for `/unframed/go/0`
    count     of events; 0 for no end, where they are paced
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import bodies
from benchmarks.machine import more_files, on_core
from benchmarks.pace import Paced, Pacer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Address", "serving"]

_ENOUGH = 1024 * 1024


@dataclass(frozen=True)
class Address:
    """Where the server is.

    Attributes:
        plain: base URL.
        tls: base URL over TLS; empty where trustme is not installed.
        authority: file of the certificate to trust.
    """

    plain: str
    tls: str
    authority: str

    def url(self, framing: str) -> str:
        """Return the base of URLs of a framing; `tls` is chunked, over TLS."""
        return f"{self.tls}/chunked" if framing == "tls" else f"{self.plain}/{framing}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which every client trusts the server, and looks for no proxy."""
        trust = {"SSL_CERT_FILE": self.authority, "REQUESTS_CA_BUNDLE": self.authority} if self.tls else {}
        return {"NO_PROXY": "*", "no_proxy": "*", **trust}


@contextmanager
def serving(core: int | None = None) -> Iterator[Address]:
    """Run the server in a process of its own, on one core if it is to leave the other to the client."""
    with tempfile.TemporaryDirectory() as folder:
        authority = str(Path(folder) / "authority.pem")
        command = [sys.executable, "-m", "benchmarks.server", authority]
        with subprocess.Popen(on_core(command, core), stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                plain, tls = json.loads(process.stdout.readline())
                yield Address(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}" if tls else "", authority)
            finally:
                process.kill()


class _Connection(asyncio.Protocol):
    """Answers one request after the other."""

    transport: asyncio.Transport

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._received = b""
        self._framing = ""
        self._body: Iterator[bytes] | None = None
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(_ENOUGH)

    def data_received(self, data: bytes) -> None:
        self._received += data
        top, found, rest = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: *(\d+)", top)
        size = int(length[1]) if length else 0
        if found and len(rest) >= size:
            self._received = rest[size:]
            self._answer(top.split()[1].decode())

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (the protocol's)
        self._body = None

    def end(self, rest: bytes) -> None:
        """Write the last bytes of a body."""
        self.transport.write(rest)
        if self._framing == "unframed":
            self.transport.close()

    def _answer(self, path: str) -> None:
        # Chat clients append the API's path to their base URL.
        self._framing, kind, number = path.removeprefix("/").removesuffix("/chat/completions").split("/")
        self.transport.write(bodies.head(self._framing))
        if kind == "go":
            self._pacer.go()
            self.end(b"")
        elif "-" in kind:
            stream = Paced(self.transport, self.end, self._framing, kind, int(number))
            if kind.startswith("held"):
                stream.write()
                self._pacer.hold(stream)
            else:
                self._pacer.add(stream)
        else:
            self._body = bodies.body(self._framing, kind, int(number))
            self._go_on()

    def _go_on(self) -> None:
        while self._writable and self._body is not None:
            buffer = next(self._body, None)
            if buffer is None:
                self._body = None
                self.end(b"")
            else:
                self.transport.write(buffer)


def _tls(authority: str) -> ssl.SSLContext | None:
    """Return what to serve TLS with, and write what clients have to trust; None without trustme."""
    try:
        import trustme
    except ModuleNotFoundError:
        return None
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def _serve(authority: str) -> None:
    more_files()
    pacer = Pacer()
    plain, tls = await _listen(pacer, None), 0
    context = _tls(authority)
    if context is not None:
        tls = await _listen(pacer, context)
    print(json.dumps([plain, tls]), flush=True)
    await asyncio.Event().wait()


async def _listen(pacer: Pacer, context: ssl.SSLContext | None) -> int:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(pacer), "127.0.0.1", 0, ssl=context, backlog=4096
    )
    port: int = server.sockets[0].getsockname()[1]
    return port


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
