"""A server that streams large prepared buffers over loopback, so that the client is what takes the time.

GET or POST `/{framing}/{kind}/{count}`: framing `chunked` (each event in a chunk of its own) or `unframed` (until
close); kind `events` (chat chunks) or `chat` (a whole answer: the last of its chunks
has the finish reason, and `[DONE]` comes on top).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from benchmarks.streams import chat_chunk, chat_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["serving"]

_BLOCK = 1000
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
_FRAMING = {"chunked": b"Transfer-Encoding: chunked\r\n\r\n", "unframed": b"Connection: close\r\n\r\n"}


@contextmanager
def serving() -> Iterator[str]:
    """Run the server in a process of its own; its base URL is the value."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


class _Bodies:
    """Bodies of streams, framed, in buffers that are made once."""

    def __init__(self) -> None:
        events = chat_stream(_BLOCK)
        done = [b"data: " + chat_chunk(0, finish="stop") + b"\n\n", b"data: [DONE]\n\n"]
        self._events = {"unframed": events, "chunked": [_chunk(event) for event in events]}
        self._done = {"unframed": b"".join(done), "chunked": b"".join(map(_chunk, done))}
        self._blocks = {framing: b"".join(events) for framing, events in self._events.items()}

    def body(self, framing: str, kind: str, count: int) -> Iterator[bytes]:
        """Yield the buffers of a body of `count` events and what ends it."""
        if kind == "chat":
            count -= 1
        rest = b"".join(self._events[framing][: count % _BLOCK])
        rest += self._done[framing] if kind == "chat" else b""
        rest += b"0\r\n\r\n" if framing == "chunked" else b""
        for _ in range(count // _BLOCK):
            yield self._blocks[framing]
        yield rest


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _answer(connection: socket.socket, bodies: _Bodies) -> None:
    with connection, suppress(OSError), connection.makefile("rb") as requests:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while line := requests.readline():
            length = 0
            while (header := requests.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            requests.read(length)
            path = line.split()[1].decode()
            # The OpenAI SDK, and the adapter, put the API's path behind it.
            framing, kind, count = path.removeprefix("/").removesuffix("/chat/completions").split("/")
            connection.sendall(_HEAD + _FRAMING[framing])
            for buffer in bodies.body(framing, kind, int(count)):
                connection.sendall(buffer)
            if framing == "unframed":
                return


def _main() -> None:
    bodies = _Bodies()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, bodies), daemon=True).start()


if __name__ == "__main__":
    _main()
