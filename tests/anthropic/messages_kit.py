"""What the tests of the Messages API share: a stream, written here, and one way to ask both clients; not a test."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sse_client import Event, SSEError
from sse_client.adapters.anthropic import AsyncMessagesClient, MessagesClient

if TYPE_CHECKING:
    from sse_client.adapters.anthropic import AsyncMessageStream, Message, MessageDelta, MessageStream

KEY = "sk-ant-a-key-of-mine"
ASK: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}


def event(kind: str, **fields: Any) -> Event:
    return Event(json.dumps({"type": kind, **fields}), kind)


def began(**fields: Any) -> Event:
    usage = {"input_tokens": 25, "cache_read_input_tokens": 7, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [],
        "usage": usage,
    }
    return event("message_start", message={**message, "stop_reason": None, "stop_sequence": None, **fields})


def block(index: int, kind: str, **fields: Any) -> Event:
    return event("content_block_start", index=index, content_block={"type": kind, **fields})


def delta(index: int, kind: str, **fields: Any) -> Event:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def ended(reason: str = "end_turn", **fields: Any) -> list[Event]:
    stop = {"stop_reason": reason, "stop_sequence": None, **fields}
    return [event("message_delta", delta=stop, usage={"output_tokens": 15}), event("message_stop")]


def said(*texts: str) -> list[Event]:
    """Return a whole stream that says `texts`, a delta each."""
    pieces = [delta(0, "text_delta", text=text) for text in texts]
    return [began(), block(0, "text", text=""), *pieces, event("content_block_stop", index=0), *ended()]


WHOLE = [
    began(),
    block(0, "thinking", thinking="", signature=""),
    event("ping"),
    delta(0, "thinking_delta", thinking="It is "),
    delta(0, "thinking_delta", thinking="raining."),
    delta(0, "signature_delta", signature="EqQBCgIYAhIM"),
    event("content_block_stop", index=0),
    block(1, "redacted_thinking", data="EmwKAhgB"),
    event("content_block_stop", index=1),
    block(2, "text", text=""),
    delta(2, "text_delta", text="Grüße"),
    delta(2, "text_delta", text=" 👋"),
    delta(2, "citations_delta", citation={"type": "char_location", "cited_text": "G"}),
    event("content_block_stop", index=2),
    block(3, "tool_use", id="toolu_1", name="weather", input={}),
    delta(3, "input_json_delta", partial_json=""),
    delta(3, "input_json_delta", partial_json='{"place": "Zü'),
    delta(3, "input_json_delta", partial_json='rich"}'),
    event("content_block_stop", index=3),
    *ended("tool_use"),
]


def written(events: list[Event]) -> list[bytes]:
    return [each.encode() for each in events]


@dataclass
class Answer:
    """What came of a reply, which is closed."""

    reply: MessageStream | AsyncMessageStream
    deltas: list[MessageDelta] = field(default_factory=list["MessageDelta"])
    error: SSEError | None = None

    @property
    def message(self) -> Message:
        return self.reply.message

    @property
    def end(self) -> tuple[str, str | None, type[SSEError] | None]:
        """The text, the outcome, and the kind of the error that was raised, if one was."""
        return self.message.text, self.reply.outcome, type(self.error) if self.error else None


def ask(kind: str, url: str, *, call: dict[str, Any] | None = None, **options: Any) -> Answer:
    """Ask once, through the blocking client or that for asyncio."""
    options = {"api_key": KEY, "base_url": url, **options}
    if kind == "blocking":
        with MessagesClient(**options) as client:
            answer = Answer(stream := client.stream(**{**ASK, **(call or {})}))
            try:
                with stream as reply:
                    answer.deltas.extend(reply)
            except SSEError as error:
                answer.error = error
        return answer

    async def main() -> Answer:
        async with AsyncMessagesClient(**options) as client:
            answer = Answer(stream := client.stream(**{**ASK, **(call or {})}))
            try:
                async with stream as reply:
                    answer.deltas.extend([each async for each in reply])
            except SSEError as error:
                answer.error = error
        return answer

    return asyncio.run(main())
