"""The values of a message stream: deltas, and the message that they add up to."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from sse_client.replies.json_values import label

__all__ = ["ContentBlock", "Message", "MessageDelta", "Usage"]


class Usage(msgspec.Struct, frozen=True, gc=False):
    """The token counts of a whole message; None for counts that the server did not send.

    Attributes:
        input_tokens: tokens of the prompt that were neither read from the prompt cache nor written to it.
        output_tokens: tokens of the answer.
        cache_creation_input_tokens: tokens of the prompt that were written to the cache.
        cache_read_input_tokens: tokens of the prompt that were read from the cache.
        raw: the latest value of every field that the server sent.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    raw: dict[str, Any] = {}


class MessageDelta(msgspec.Struct, frozen=True, gc=False):
    """What one event adds to a message.

    Attributes:
        index: the content block; None if the event is about the message as a whole.
        type: the block's type: `text`, `thinking`, `tool_use`, `server_tool_use`, ...
        text: a piece of the block's text.
        thinking: a piece of the block's thinking.
        signature: the signature of the thinking, which has to be sent back with it.
        input_json: a piece of the JSON text of a tool's input.
        citation: a further citation of a text.
        block: at the beginning of a block, the server's object for it, with a tool's `id` and `name`, for example.
        stop_reason: why the model stopped: `end_turn`, `max_tokens`, `tool_use`, ...
        stop_sequence: the stop sequence that was met.
        usage: the usage of the whole message so far; not to be summed.
        raw: the event's JSON text as received, with all fields.
    """

    index: int | None = None
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    input_json: str | None = None
    citation: Any = None
    block: dict[str, Any] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    raw: str = ""


class ContentBlock(msgspec.Struct):
    """A part of a message: a text, thinking, the use of a tool, or any other block of the API.

    Attributes:
        type: `text`, `thinking`, `tool_use`, `server_tool_use`, ...; an open set.
        text: the text of a text block.
        thinking: the text of a thinking block.
        signature: the signature of the thinking, which has to be sent back with it.
        input_json: the JSON text of a tool's input, as it was streamed.
        citations: the citations of the text, as the server sends them.
        fields: the other fields from the beginning of the block, such as a tool's `id` and `name`.
    """

    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    input_json: str = ""
    citations: list[Any] = []
    fields: dict[str, Any] = {}

    @property
    def id(self) -> str | None:
        """The ID of a tool use, which its result has to name; None for other blocks."""
        return label(self.fields.get("id"))

    @property
    def name(self) -> str | None:
        """The name of the tool; None for other blocks."""
        return label(self.fields.get("name"))

    @property
    def input(self) -> Any:
        """A tool's input, decoded; empty if the model sent none.

        Raises:
            json.JSONDecodeError: it was cut off, as with the stop reason `max_tokens`, or is not JSON.
        """
        if self.input_json:
            return json.loads(self.input_json)
        begun_with = self.fields.get("input")
        return {} if begun_with is None else begun_with

    def param(self) -> dict[str, Any]:
        """Return the block in the form that the next request needs.

        Raises:
            json.JSONDecodeError: a tool's input is not JSON.
        """
        known = {name: getattr(self, name) for name in ("text", "thinking", "signature", "citations")}
        kept = {name: value for name, value in known.items() if value or name == self.type}
        return {"type": self.type, **self.fields, **kept, **({"input": self.input} if "input" in self.fields else {})}


class Message(msgspec.Struct):
    """A message, as far as it has arrived.

    Attributes:
        id: the ID of the message; None before its start has arrived, "" if that had none.
        model: the model that answers, as the server names it.
        content: the blocks, in the order of their indexes.
        stop_reason: why the model stopped: `end_turn`, `max_tokens`, `tool_use`, ...; None before the end.
        stop_sequence: the stop sequence that was met; None if there was none.
        usage: the token counts; None if the server sent none.
    """

    id: str | None = None
    model: str | None = None
    content: list[ContentBlock] = []
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The text of all text blocks."""
        return "".join(block.text for block in self.content if block.type == "text")

    @property
    def tool_uses(self) -> list[ContentBlock]:
        """The blocks with the tools that the model wants the caller to use."""
        return [block for block in self.content if block.type == "tool_use"]

    def param(self) -> dict[str, Any]:
        """Return the message as an element of the next request's `messages`.

        Raises:
            json.JSONDecodeError: the input of a tool is not JSON.
        """
        return {"role": "assistant", "content": [block.param() for block in self.content]}
