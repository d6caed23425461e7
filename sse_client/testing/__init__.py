r"""A scripted HTTP server on the loopback interface, for the tests of whoever reads event streams.

    from sse_client.testing import RESET, Server, reply, stream

    with Server(reply(503), [*stream([b"data: 1\n\n"])[:2], RESET], stream([b"data: 2\n\n"])) as server:
        ...  # three requests to server.url get these answers, in this order

Without a script, it answers `POST /v1/chat/completions` as OpenAI does, and `GET /events` with a numbered
subscription that can be resumed. It needs nothing but the standard library (and brotli, to stream brotli).
"""

from sse_client.testing._chat import ToolAnswer
from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply, stream
from sse_client.testing._received import Headers, Received
from sse_client.testing._server import Server
from sse_client.testing._steps import CLOSE, RESET, STALL, Pause, Script, Step, Wait

__all__ = [
    "CLOSE",
    "LAST_CHUNK",
    "RESET",
    "STALL",
    "Headers",
    "Pause",
    "Received",
    "Script",
    "Server",
    "Step",
    "ToolAnswer",
    "Wait",
    "chunk",
    "head",
    "reply",
    "stream",
]
