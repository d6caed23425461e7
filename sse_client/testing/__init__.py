r"""For the tests of programs that read event streams: servers on the loopback interface, and recordings.

    from sse_client.testing import RESET, Server, reply, stream

    with Server(reply(503), [*stream([b"data: 1\n\n"])[:2], RESET], stream([b"data: 2\n\n"])) as server:
        ...  # three requests to server.url get these answers, in this order

`Server` answers byte by byte; without a script, it answers `POST /v1/chat/completions` as OpenAI does, and `GET
/events` with a numbered subscription that can be resumed. `SSEServer` and `ChatServer` are servers that a test
describes as events and answers; in pytest they are the fixtures `sse_server` and `chat_server`. `record` stores what a
real server sends, and `replay_server` serves it again. None of them needs a client or another package (except brotli,
to stream brotli).
"""

from sse_client.testing._chat.answers import ChatAnswer, ChatFailure, ToolAnswer
from sse_client.testing._chat.server import ChatServer
from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply, stream
from sse_client.testing._received import Headers, Received
from sse_client.testing._server import Server
from sse_client.testing._sse_server import SSEServer
from sse_client.testing._steps import CLOSE, RESET, STALL, Pause, Script, Step, Wait
from sse_client.testing.recording import (
    Recording,
    RecordingError,
    RecordingTruncated,
    RecordingWriter,
    arecord,
    record,
)
from sse_client.testing.replaying import FAULTS, Difference, Fault, ReplayServer, SSEReplay, diff, replay_server

__all__ = [
    "CLOSE",
    "FAULTS",
    "LAST_CHUNK",
    "RESET",
    "STALL",
    "ChatAnswer",
    "ChatFailure",
    "ChatServer",
    "Difference",
    "Fault",
    "Headers",
    "Pause",
    "Received",
    "Recording",
    "RecordingError",
    "RecordingTruncated",
    "RecordingWriter",
    "ReplayServer",
    "SSEReplay",
    "SSEServer",
    "Script",
    "Server",
    "Step",
    "ToolAnswer",
    "Wait",
    "arecord",
    "chunk",
    "diff",
    "head",
    "record",
    "replay_server",
    "reply",
    "stream",
]
