"""A chat server that costs next to nothing: it gives every request the same answer, made once.

python -m cluster.speed.replies PORT
"""

from __future__ import annotations

import asyncio
import json
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


class _Replies(asyncio.Protocol):
    """One connection, on which the next request comes after the answer to the last one."""

    def __init__(self) -> None:
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._held + data
        head, end, body = data.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if not end or len(body) < int(length.partition(b"\r\n")[0] or b"0"):
            self._held = data
            return
        self._held = b""
        if head.startswith(b"GET /cpu "):
            spent = b"%f" % process_time()
            self._transport.write(_HEAD % len(spent) + spent)
        else:
            self._transport.write(_ANSWER)


async def _main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Replies, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
