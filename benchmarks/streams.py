"""The streams that are parsed: named, made afresh from nothing, the same in every process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FURTHER_WORKLOADS",
    "IN_PIECES",
    "PARSER_WORKLOADS",
    "RECEIVE",
    "Workload",
    "chat_chunk",
    "chat_stream",
    "one_line",
]

RECEIVE = 64 * 1024
_WORDS = ("the", " quick", " brown", " fox", " jumps", " over", " a", " lazy", " dog", ".", "\\n")


def chat_chunk(number: int, *, finish: str | None = None) -> bytes:
    """Return the payload of a chat completion chunk, as the API sends it: 210 bytes with what is around it."""
    delta = "{}" if finish else f'{{"content":"{_WORDS[number % len(_WORDS)]}"}}'
    return (
        '{"id":"chatcmpl-AbCdEfGhIjKlMnOpQrSt","object":"chat.completion.chunk","created":1700000000,'
        f'"model":"gpt-4o-mini","choices":[{{"index":0,"delta":{delta},"logprobs":null,'
        f'"finish_reason":{json.dumps(finish)}}}]}}'
    ).encode()


def chat_stream(count: int) -> list[bytes]:
    """Return `count` chat events, each with its blank line."""
    return [b"data: " + chat_chunk(number) + b"\n\n" for number in range(count)]


def one_line(length: int) -> bytes:
    """Return one event of one line, `length` bytes in all."""
    head, tail = b'data: {"blob":"', b'"}\n\n'
    filler = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo"
    return head + (filler * (length // len(filler) + 1))[: length - len(head) - len(tail)] + tail


@dataclass(frozen=True)
class Workload:
    """A stream, and the pieces in which it arrives.

    Attributes:
        name: as it stands in the tables.
        events: makes the blocks.
        read: bytes that arrive at a time; None for one event a time, "line" for one line.
        one_line: what ends each block, if each is one data line; then splitting there and decoding is the least that
            any parser does.
    """

    name: str
    events: Callable[[], list[bytes]]
    read: int | Literal["line"] | None
    one_line: bytes = b""

    def sent(self) -> list[bytes]:
        """Return the blocks that are events: not those that are comments alone."""
        return [block for block in self.events() if b"data" in block]

    def reads(self) -> list[bytes]:
        """Return the pieces."""
        events = self.events()
        if self.read is None:
            return events
        stream = b"".join(events)
        if self.read == "line":
            return stream.splitlines(keepends=True)
        return [stream[start : start + self.read] for start in range(0, len(stream), self.read)]


def _chat_crlf() -> list[bytes]:
    return [event.replace(b"\n", b"\r\n") for event in chat_stream(4000)]


def _chat_with_comments() -> list[bytes]:
    events = chat_stream(4000)
    events[25::50] = [b": keep-alive\n\n" + event for event in events[25::50]]
    return events


def _chat_with_emoji() -> list[bytes]:
    events = chat_stream(4000)
    events[25::50] = [event.replace(b'"content":"', b'"content":" \xf0\x9f\x98\x80') for event in events[25::50]]
    return events


def _tiny() -> list[bytes]:
    return [b"data: x\n\n"] * 8000


def _tiny_without_space() -> list[bytes]:
    return [b"data:x\n\n"] * 8000


def _four_lines() -> list[bytes]:
    return [
        b'event: update\nid: %d\ndata: {"symbol":"ABC","price":%d.25}\ndata: second line of the same event\n\n'
        % (number, number)
        for number in range(4000)
    ]


def _typed() -> list[bytes]:
    return [
        b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":"msg_0123456789",'
        b'"output_index":0,"content_index":0,"sequence_number":%d,"delta":" token"}\n\n' % number
        for number in range(4000)
    ]


def _numbered() -> list[bytes]:
    return [
        b'id: %d\ndata: {"delta":" token and some more text","n":%d}\n\n' % (number, number) for number in range(4000)
    ]


def _messages() -> list[bytes]:
    return [
        b"event: message\nid: %d\n"
        b'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":%d}}\n\n' % (number, number)
        for number in range(4000)
    ]


def _messages_crlf() -> list[bytes]:
    return [event.replace(b"\n", b"\r\n") for event in _messages()]


def _types_in_turns() -> list[bytes]:
    types = (b"content_block_start", b"content_block_delta", b"content_block_stop")
    return [
        b'event: %b\ndata: {"type":"%b","index":%d}\n\n' % (types[number % 3], types[number % 3], number)
        for number in range(4000)
    ]


def _with_heartbeats() -> list[bytes]:
    return [block for event in chat_stream(2000) for block in (b": keep-alive\n\n", event)]


def _indented() -> list[bytes]:
    return [b'data: {\ndata:   "n": %d,\ndata:   "delta": " token"\ndata: }\n\n' % number for number in range(4000)]


def _huge() -> list[bytes]:
    return [one_line(4 * 1024 * 1024)]


def _chat() -> list[bytes]:
    return chat_stream(4000)


PARSER_WORKLOADS = (
    Workload("chat, 64 KiB reads", _chat, RECEIVE, b"\n\n"),
    Workload("chat, one event a read", _chat, None),
    Workload("chat, 64-byte reads", _chat, 64),
    Workload("chat, CRLF, 64 KiB reads", _chat_crlf, RECEIVE, b"\r\n\r\n"),
    Workload("chat, CRLF, one event a read", _chat_crlf, None),
    Workload("chat, a comment every 50 events, 64 KiB reads", _chat_with_comments, RECEIVE),
    Workload("chat, an emoji every 50 events, 64 KiB reads", _chat_with_emoji, RECEIVE),
    Workload("data: x, 64 KiB reads", _tiny, RECEIVE, b"\n\n"),
    Workload("data:x, 64 KiB reads", _tiny_without_space, RECEIVE, b"\n\n"),
    Workload("data:x, one event a read", _tiny_without_space, None),
    Workload("event, id, 2 x data, 64 KiB reads", _four_lines, RECEIVE),
    Workload("event, id, 2 x data, 1,400-byte reads", _four_lines, 1400),
    Workload("event, data, one event a read", _typed, None),
    Workload("one 4 MB event, 16 KiB reads", _huge, 16 * 1024),
)

# As yet other servers send them.
FURTHER_WORKLOADS = (
    Workload("id, data, one event a read", _numbered, None),
    Workload("event, id, data, one event a read", _messages, None),
    Workload("event, id, data, CRLF, one event a read", _messages_crlf, None),
    Workload("event, id, data, CRLF, 1,400-byte reads", _messages_crlf, 1400),
    Workload("types in turns, one event a read", _types_in_turns, None),
    Workload("types in turns, 1,400-byte reads", _types_in_turns, 1400),
    Workload("a heartbeat before each event, one a read", _with_heartbeats, None),
    Workload("data in lines, one event a read", _indented, None),
    Workload("data in lines, 64 KiB reads", _indented, RECEIVE),
)

# Each block arrives in several reads. These rows have no target, and this client is not the fastest in all of them.
IN_PIECES = (
    Workload("id, data, 64-byte reads", _numbered, 64),
    Workload("event, data, one line a read", _typed, "line"),
    Workload("event, id, data, one line a read", _messages, "line"),
)
