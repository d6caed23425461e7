"""A chat server that costs next to nothing: it gives every request the same answer, made once.

python -m cluster.speed.replies PORT
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
from time import process_time
from typing import Any

_PARTS: list[dict[str, Any]] = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "an answer"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
]
_CHAT = b"".join(b"data: %b\n\n" % json.dumps({"id": "c", **part}).encode() for part in _PARTS)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"
_BODY = _CHAT + b"data: [DONE]\n\n"
_ANSWER = _HEAD % len(_BODY) + _BODY


def _serve(listener: socket.socket, selector: selectors.BaseSelector) -> None:
    held: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in selector.select():
            connection: Any = key.fileobj
            if connection is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ)
                held[connection] = b""
                continue
            try:
                data = connection.recv(65536)
            except OSError:
                data = b""
            if data:
                held[connection] = _answered(connection, held[connection] + data)
            else:
                selector.unregister(connection)
                connection.close()
                del held[connection]


def _answered(connection: socket.socket, data: bytes) -> bytes:
    """Answer `data` if it is a whole request; return what is to be kept for the next call."""
    head, end, body = data.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    if not end or len(body) < int(length.partition(b"\r\n")[0] or b"0"):
        return data
    answer = _ANSWER
    if head.startswith(b"GET /cpu "):
        spent = b"%f" % process_time()
        answer = _HEAD % len(spent) + spent
    connection.sendall(answer)  # the next request comes after the answer: there is room for it
    return b""


def _main(port: int) -> None:
    # Without asyncio, which takes twice the CPU for a request.
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener, selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        _serve(listener, selector)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
