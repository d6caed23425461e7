"""The values of a response, accumulated from events (API reference, Responses, "The response object")."""

from __future__ import annotations

import json
from typing import Any, TypeVar, overload

import msgspec

from sse_client.adapters.openai._shared.structured_output import Validates, arguments, decoded

__all__ = [
    "ContentPart",
    "CustomToolCall",
    "FunctionToolCall",
    "IncompleteDetails",
    "InputTokensDetails",
    "OutputItem",
    "OutputMessage",
    "OutputTokensDetails",
    "ReasoningItem",
    "Response",
    "ResponseFailure",
    "ResponseUsage",
]

T = TypeVar("T")

TEXT_PARTS = frozenset({"output_text", "text"})
"""The types of the parts of a message that are its text; the second one is other servers'."""


class ContentPart(msgspec.Struct, frozen=True):
    """A part of a message or of reasoning.

    Attributes:
        type: `output_text`, `refusal`, `reasoning_text`, `summary_text`; an open set.
        text: None in a refusal.
        annotations: the sources that the text refers to, as the server sends them.
    """

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Any] = []
    logprobs: Any = None


class OutputItem(msgspec.Struct, frozen=True):
    """An item of the output, and the class of those of any other type: calls of the server's own tools, say.

    Attributes:
        type: `message`, `function_call`, `reasoning`, `web_search_call`, ...; an open set.
        status: `in_progress`, `completed`, `incomplete`, ...; None if the item has none.
        raw: the item's JSON text, with every field that is not here.
    """

    type: str = ""
    id: str | None = None
    status: str | None = None
    raw: str = ""

    def json(self) -> Any:
        """Return `raw` decoded: what goes into the `input` of the next request.

        Raises:
            json.JSONDecodeError: `raw` is not JSON.
        """
        return json.loads(self.raw)


class OutputMessage(OutputItem, frozen=True):
    """What the model said: an item of the type `message`."""

    role: str | None = None
    phase: str | None = None
    content: list[ContentPart] = []


class FunctionToolCall(OutputItem, frozen=True):
    """A call of one of the caller's functions that the model asks for: an item of the type `function_call`.

    Attributes:
        call_id: what the function's output refers to; "" where the server sent none.
        arguments: the JSON text that the model wrote; nothing guarantees that it is valid.
    """

    call_id: str = ""
    name: str = ""
    arguments: str = ""

    def parsed(self) -> Any:
        """Return the arguments as objects; where there are none, an empty `dict`.

        Raises:
            ChatError: they are no JSON, or only the beginning of it. Its `raw` is their text.
        """
        return arguments(self.name, self.arguments)


class CustomToolCall(OutputItem, frozen=True):
    """A call of one of the caller's tools that take a text: an item of the type `custom_tool_call`.

    Attributes:
        call_id: what the tool's output refers to; "" where the server sent none.
        input: the text that the model wrote.
    """

    call_id: str = ""
    name: str = ""
    input: str = ""


class ReasoningItem(OutputItem, frozen=True):
    """What the model thought: an item of the type `reasoning`.

    Attributes:
        content: the thoughts themselves, where the server shows them.
        encrypted_content: for the `input` of the next request; only the server can read it.
    """

    summary: list[ContentPart] = []
    content: list[ContentPart] = []
    encrypted_content: str | None = None


class InputTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """How many of the input's tokens were of a special kind."""

    cached_tokens: int = 0


class OutputTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """How many of the output's tokens were of a special kind."""

    reasoning_tokens: int = 0


class ResponseUsage(msgspec.Struct, frozen=True, gc=False):
    """How many tokens were used; 0 if the server sent no such number."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: InputTokensDetails | None = None
    output_tokens_details: OutputTokensDetails | None = None


class ResponseFailure(msgspec.Struct, frozen=True, gc=False):
    """Why a response failed: its `error`."""

    code: str | int | None = None
    message: str | None = None


class IncompleteDetails(msgspec.Struct, frozen=True, gc=False):
    """Why a response ended early.

    Attributes:
        reason: `max_output_tokens`, `content_filter`, ...; an open set.
    """

    reason: str | None = None


class Response(msgspec.Struct, frozen=True):
    """A response, or what has arrived of it.

    Attributes:
        status: `queued`, `in_progress`, `completed`, `incomplete`, `failed`, `cancelled`.
        created_at: seconds since the epoch.
        output: in the order of the output; an item of which nothing came is not there.
        background: whether the server goes on without a connection, so that the stream can be resumed.
        raw: the response's JSON text as the server last sent it, with every field that is not here. Before the end,
            that is without the `output` that has arrived since.
    """

    id: str | None = None
    status: str | None = None
    model: str | None = None
    created_at: float | None = None
    output: list[OutputItem] = []
    usage: ResponseUsage | None = None
    error: ResponseFailure | None = None
    incomplete_details: IncompleteDetails | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    raw: str = ""

    @property
    def output_text(self) -> str:
        """The text of all messages, joined; "" where there is none."""
        return "".join(
            part.text or ""
            for item in self.output
            if isinstance(item, OutputMessage)
            for part in item.content
            if part.type in TEXT_PARTS
        )

    @property
    def function_calls(self) -> list[FunctionToolCall]:
        """The calls of the caller's functions, in the order of the output."""
        return [item for item in self.output if isinstance(item, FunctionToolCall)]

    @overload
    def parse(self, type: type[T]) -> T: ...

    @overload
    def parse(self, type: Validates[T]) -> T: ...

    @overload
    def parse(self, type: Any) -> Any: ...

    def parse(self, type: Any) -> Any:  # noqa: A002 - the API's own word
        """Return the answer, a text in JSON, as a value of a type of yours.

        A Markdown fence around the JSON is taken off.

        Args:
            type: as for `Completion.parse`.

        Raises:
            ChatError: the model refused, the answer is not whole or has no text, or the text is no JSON or not of
                that type. Its `raw` is the text, its `partial` the response.
            TypeError: `type` is none that can be decoded.
        """
        return decoded(self.output_text, type, "the response", self._obstacle(), self)

    def _obstacle(self) -> str | None:
        """Return why there is no answer to decode, if so."""
        messages = [item for item in self.output if isinstance(item, OutputMessage)]
        refusals = [part.refusal for message in messages for part in message.content if part.refusal]
        if refusals:
            return f"is a refusal: {' '.join(refusals)}"
        if self.status == "incomplete":
            reason = self.incomplete_details.reason if self.incomplete_details else None
            return f"is incomplete ({reason or 'the server does not say why'})"
        if self.status != "completed":
            return f"is not finished ({self.status or 'it has no status'})"
        if not self.output_text.strip():
            calls = len(self.function_calls)
            return f"has no text, but {calls} function calls" if calls else "has no text"
        return None

    def json(self) -> Any:
        """Return `raw` decoded.

        Raises:
            json.JSONDecodeError: `raw` is not JSON.
        """
        return json.loads(self.raw)
