"""What the tests of the Responses API share: streams, written here, and how they are read."""

from __future__ import annotations

import json
from typing import Any

from sse_client import Event, SSEError
from sse_client.adapters.openai.responses import ResponseEvent
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.replies.parsing import TolerantParser

RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1_900_000_000,
    "status": "in_progress",
    "background": False,
    "error": None,
    "incomplete_details": None,
    "model": "m",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": None,
    "metadata": {},
}
USAGE = {
    "input_tokens": 5,
    "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 12,
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
}
REASONING: dict[str, Any] = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Hmm."}],
    "encrypted_content": "x",
}
CALL: dict[str, Any] = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "add",
    "arguments": '{"a":1}',
}

Payload = dict[str, Any]


def begun(item: Payload) -> Payload:
    """Return `item` as it is when it begins."""
    empty: Payload = {"content": [], "summary": [], "arguments": "", "input": ""}
    begins = {name: value for name, value in empty.items() if name in item}
    return {**item, "status": "in_progress", **begins}


def about(kind: str, **fields: Any) -> Payload:
    return {"type": f"response.{kind}", **fields}


def lifecycle(kind: str, **fields: Any) -> Payload:
    return about(kind, response={**RESPONSE, "status": kind if kind != "created" else "in_progress", **fields})


def said(item: Payload, index: int, *pieces: str) -> list[Payload]:
    """Return the events of a message or a function call whose text comes in `pieces`."""
    at: Payload = {"item_id": item["id"], "output_index": index}
    text = "".join(pieces)
    if item["type"] == "function_call":
        inner = [about("function_call_arguments.delta", delta=piece, **at) for piece in pieces]
        inner.append(about("function_call_arguments.done", arguments=text, name=item["name"], **at))
    else:
        at |= {"content_index": 0}
        part = item["content"][0]
        inner = [
            about("content_part.added", part={**part, "text": ""}, **at),
            *(about("output_text.delta", delta=piece, logprobs=[], obfuscation="x", **at) for piece in pieces),
            about("output_text.done", text=text, logprobs=[], **at),
            about("content_part.done", part=part, **at),
        ]
    return [
        about("output_item.added", item=begun(item), output_index=index),
        *inner,
        about("output_item.done", item=item, output_index=index),
    ]


TEXT = [
    lifecycle("created"),
    lifecycle("in_progress"),
    *said(MESSAGE, 0, "Hel", "lo"),
    lifecycle("completed", output=[MESSAGE], usage=USAGE),
]
TOOL = [
    lifecycle("created"),
    *said(MESSAGE, 0, "Hel", "lo"),
    *said(CALL, 1, '{"a"', ":1}"),
    lifecycle("completed", output=[MESSAGE, CALL], usage=USAGE),
]


def numbered(payloads: list[Payload], first: int = 0) -> list[Payload]:
    return [{**payload, "sequence_number": number} for number, payload in enumerate(payloads, first)]


def event(payload: Payload) -> Event:
    return Event(json.dumps(payload), payload["type"])


def events(payloads: list[Payload]) -> list[Event]:
    return [event(payload) for payload in numbered(payloads)]


def encoded(payloads: list[Payload]) -> bytes:
    return b"".join(each.encode() for each in events(payloads))


def read(stream: bytes | str, size: int = 1 << 20) -> tuple[list[ResponseEvent], ResponseReader]:
    """Read a stream to its end, in pieces of `size` bytes."""
    data = stream.encode() if isinstance(stream, str) else stream
    parser, reader, found = TolerantParser(comments=True), ResponseReader(), list[ResponseEvent]()
    for start in range(0, len(data), size):
        for each in parser.feed(data[start : start + size]):
            found += reader.feed(each)
    found += reader.end(parser.tail)
    return found, reader


def partial_of(error: SSEError) -> Any:
    """Return what had arrived before `error`."""
    return getattr(error, "partial", None)


def fed(*payloads: Payload) -> ResponseReader:
    """Return a reader that has been fed `payloads`."""
    reader = ResponseReader()
    for payload in payloads:
        reader.feed(event(payload))
    return reader
