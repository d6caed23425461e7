"""The values of a response, accumulated from events (API reference, Responses, "The response object")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from sse_client.adapters.openai._shared.structured_output import arguments, decoded

if TYPE_CHECKING:
    from sse_client.adapters.openai._shared.validator import Validates

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
        text: the part's text; None in a refusal.
        refusal: the text with which the model refuses to answer; None in other parts.
        annotations: the sources that the text refers to, as the server sends them.
        logprobs: the log probabilities of the text's tokens, as the server sends them.
    """

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Any] = []
    logprobs: Any = None


class OutputItem(msgspec.Struct, frozen=True):
    """An item of the output, and the class of items of other types, such as calls of the server's own tools.

    Attributes:
        type: `message`, `function_call`, `reasoning`, `web_search_call`, ...; an open set.
        id: the item's ID; None if the server sent none.
        status: `in_progress`, `completed`, `incomplete`, ...; None if the item has none.
        raw: the item's JSON text, with all fields.
    """

    type: str = ""
    id: str | None = None
    status: str | None = None
    raw: str = ""

    def json(self) -> Any:
        """Return `raw` decoded, in the form that the `input` of the next request needs.

        Raises:
            json.JSONDecodeError: `raw` is not JSON.
        """
        return json.loads(self.raw)


class OutputMessage(OutputItem, frozen=True):
    """The model's message: an item of the type `message`.

    Attributes:
        role: who speaks: `assistant`.
        phase: what the message is to the answer, as the server names it, such as `commentary` or `final_answer`.
        content: the parts of the message, in their order.
    """

    role: str | None = None
    phase: str | None = None
    content: list[ContentPart] = []


class FunctionToolCall(OutputItem, frozen=True):
    """A call of one of the caller's functions that the model asks for: an item of the type `function_call`.

    Attributes:
        call_id: the ID to which the function's output refers; "" if the server sent none.
        name: the function.
        arguments: the JSON text that the model wrote, which may be invalid.
    """

    call_id: str = ""
    name: str = ""
    arguments: str = ""

    def parsed(self) -> Any:
        """Return the decoded arguments; an empty `dict` if the model sent none.

        Raises:
            ChatError: they are not JSON, or only the beginning of it. Its `raw` is their text.
        """
        return arguments(self.name, self.arguments)


class CustomToolCall(OutputItem, frozen=True):
    """A call of one of the caller's custom tools, which take plain text: an item of the type `custom_tool_call`.

    Attributes:
        call_id: the ID to which the tool's output refers; "" if the server sent none.
        name: the tool.
        input: the text that the model wrote.
    """

    call_id: str = ""
    name: str = ""
    input: str = ""


class ReasoningItem(OutputItem, frozen=True):
    """The model's reasoning: an item of the type `reasoning`.

    Attributes:
        summary: the parts of the reasoning's summary.
        content: the reasoning itself, if the server shows it.
        encrypted_content: the encrypted reasoning for the `input` of the next request; only the server can read it.
    """

    summary: list[ContentPart] = []
    content: list[ContentPart] = []
    encrypted_content: str | None = None


class InputTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """The numbers of input tokens of special kinds.

    Attributes:
        cached_tokens: tokens read from the server's prompt cache.
    """

    cached_tokens: int = 0


class OutputTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """The numbers of output tokens of special kinds.

    Attributes:
        reasoning_tokens: tokens of the model's reasoning.
    """

    reasoning_tokens: int = 0


class ResponseUsage(msgspec.Struct, frozen=True, gc=False):
    """The numbers of tokens used; 0 for numbers that the server did not send.

    Attributes:
        input_tokens: tokens of the input.
        output_tokens: tokens of the output, its reasoning included.
        total_tokens: the sum, as the server sends it.
        input_tokens_details: the input tokens of special kinds; None if the server did not send them.
        output_tokens_details: the output tokens of special kinds; None if the server did not send them.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: InputTokensDetails | None = None
    output_tokens_details: OutputTokensDetails | None = None


class ResponseFailure(msgspec.Struct, frozen=True, gc=False):
    """Why a response failed: its `error`.

    Attributes:
        code: the kind of error, such as `rate_limit_exceeded`; some servers send a number.
        message: the server's description.
    """

    code: str | int | None = None
    message: str | None = None


class IncompleteDetails(msgspec.Struct, frozen=True, gc=False):
    """Why a response ended early.

    Attributes:
        reason: `max_output_tokens`, `content_filter`, ...; an open set.
    """

    reason: str | None = None


class Response(msgspec.Struct, frozen=True):
    """A response, as far as it has arrived.

    Attributes:
        id: the ID of the response; None if it has not arrived.
        status: `queued`, `in_progress`, `completed`, `incomplete`, `failed`, `cancelled`.
        model: the model that answers, as the server names it.
        created_at: seconds since the epoch.
        output: the items, in their order; an item of which nothing arrived is absent.
        usage: the tokens used; None before the end.
        error: why the response failed; None otherwise.
        incomplete_details: why the response ended early; None otherwise.
        background: whether the server continues without a connection, so that the stream can be resumed.
        previous_response_id: the ID of the response that this one continues; None if there is none.
        raw: the response's JSON text as the server last sent it, with all fields. Before the end, it lacks the `output`
            that has arrived since.
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
        """The text of all messages, joined; "" if there is none."""
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
        """Decode an answer in JSON as a value of `type`.

        A Markdown fence around the JSON is removed.

        Args:
            type: as for `Completion.parse`.

        Raises:
            ChatError: the model refused, the answer is incomplete or has no text, or the text is not JSON or not of
                that type. Its `raw` is the text, its `partial` the response.
            TypeError: `type` cannot be decoded.
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
