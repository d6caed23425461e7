"""The events of a response, a class for each shape (API reference, Responses, "Streaming events")."""

from __future__ import annotations

import json
from typing import Any

import msgspec

# The decoders resolve the annotations.
from sse_client.adapters.openai.responses.response import ContentPart, OutputItem, Response

__all__ = [
    "ResponseAnnotationEvent",
    "ResponseDeltaEvent",
    "ResponseEvent",
    "ResponseImageEvent",
    "ResponseItemEvent",
    "ResponseLifecycleEvent",
    "ResponsePartEvent",
    "ResponseProgressEvent",
    "ResponseShellOutputEvent",
    "ResponseTextDeltaEvent",
    "ResponseTextEvent",
]


# Nothing in an event refers back to it, so the garbage collector need not track the thousands of them.
class ResponseEvent(msgspec.Struct, frozen=True, gc=False):
    """An event of any type, and the class of events that have no other fields or are of an unknown type.

    In the subclasses, a field that the server did not send, or sent with another type, is None or empty. An
    `output_index` is the position of an item in the response's output, from 0, and `item_id` is that item's ID. The
    position of a part within its item, from 0, is its `content_index`, `summary_index` or `command_index`.

    Attributes:
        type: the payload's `type`, such as `response.output_text.delta`, or the `event:` line if it has none.
        sequence_number: the event's number in the stream, from 0; None if the server sends none.
        raw: the event's JSON text as received, with all fields.
    """

    type: str = ""
    sequence_number: int | None = None
    raw: str = ""

    def json(self) -> Any:
        """Return `raw` decoded.

        Raises:
            json.JSONDecodeError: `raw` is not JSON.
        """
        return json.loads(self.raw)


class ResponseLifecycleEvent(ResponseEvent, frozen=True, gc=False):
    """The status of the whole response has changed.

    `response.created`, `response.queued`, `response.in_progress`, and at the end `response.completed` or
    `response.incomplete`. (`response.failed` is raised as a `ChatError`.)

    Attributes:
        response: the response as the server sends it with this event; its `output` may be empty until the end.
    """

    response: Response = msgspec.field(default_factory=Response)


class ResponseItemEvent(ResponseEvent, frozen=True, gc=False):
    """An item of the output begins, or is complete: `response.output_item.added`, `.done`.

    Attributes:
        item: the item as the server sends it with this event.
    """

    item: OutputItem = msgspec.field(default_factory=OutputItem)
    output_index: int | None = None


class ResponsePartEvent(ResponseEvent, frozen=True, gc=False):
    """A part of an item begins, or is complete.

    `response.content_part.added`, `.done` (with `content_index`), and `response.reasoning_summary_part.added`,
    `.done` (with `summary_index`).

    Attributes:
        part: the part as the server sends it with this event.
    """

    part: ContentPart = msgspec.field(default_factory=ContentPart)
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None


class ResponseDeltaEvent(ResponseEvent, frozen=True, gc=False):
    """A piece of a text, to be appended to the earlier pieces.

    `response.refusal.delta`, `.reasoning_text.delta` (with `content_index`), `.reasoning_summary_text.delta` (with
    `summary_index`), `.function_call_arguments.delta`, `.mcp_call_arguments.delta`, `.custom_tool_call_input.delta`,
    `.code_interpreter_call_code.delta`, `.shell_call_command.delta` (with `command_index`), `.audio.delta` (in
    base64), `.audio.transcript.delta`; and `ResponseTextDeltaEvent`.

    Attributes:
        delta: the piece.
    """

    content_index: int | None = None
    delta: str = ""
    item_id: str | None = None
    output_index: int | None = None
    summary_index: int | None = None
    command_index: int | None = None


class ResponseTextDeltaEvent(ResponseDeltaEvent, frozen=True, gc=False):
    """A piece of the answer's text: `response.output_text.delta`.

    Attributes:
        logprobs: the log probabilities of this piece's tokens, as the server sends them.
    """

    logprobs: Any = None


class ResponseTextEvent(ResponseEvent, frozen=True, gc=False):
    """A whole text, to which the deltas add up. The name of its field depends on the type; `value` always has it.

    `response.output_text.done`, `.reasoning_text.done`, `.reasoning_summary_text.done` (`text`), `.refusal.done`
    (`refusal`), `.function_call_arguments.done` (`arguments`, `name`), `.mcp_call_arguments.done` (`arguments`),
    `.custom_tool_call_input.done` (`input`), `.code_interpreter_call_code.done` (`code`), and
    `.shell_call_command.done` (`command`), `.added` (the `command` that the deltas append to).

    Attributes:
        logprobs: the log probabilities of the text's tokens, as the server sends them.
    """

    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    command_index: int | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    input: str | None = None
    code: str | None = None
    command: str | None = None
    logprobs: Any = None
    name: str | None = None

    @property
    def value(self) -> str | None:
        """The text, under any of its names."""
        named = (self.text, self.refusal, self.arguments, self.input, self.code, self.command)
        return next((text for text in named if text is not None), None)


class ResponseAnnotationEvent(ResponseEvent, frozen=True, gc=False):
    """A source that the text refers to: `response.output_text.annotation.added`.

    Attributes:
        annotation: the annotation as the server sends it; `type` is its kind.
        annotation_index: the position of the annotation in its part, from 0.
    """

    annotation: Any = None
    annotation_index: int | None = None
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None


class ResponseProgressEvent(ResponseEvent, frozen=True, gc=False):
    """The progress of a tool that the server runs.

    `response.web_search_call.*`, `.file_search_call.*` (`in_progress`, `searching`, `completed`),
    `.code_interpreter_call.*` (`in_progress`, `interpreting`, `completed`), `.image_generation_call.*`
    (`in_progress`, `generating`, `completed`), `.mcp_call.*`, `.mcp_list_tools.*` (`in_progress`, `completed`,
    `failed`), `.compaction.compacting`.
    """

    item_id: str | None = None
    output_index: int | None = None


class ResponseImageEvent(ResponseEvent, frozen=True, gc=False):
    """A partial image: `response.image_generation_call.partial_image`.

    Attributes:
        partial_image_b64: the image file, in base64.
        partial_image_index: the number of this partial image, from 0.
    """

    item_id: str | None = None
    output_index: int | None = None
    partial_image_b64: str = ""
    partial_image_index: int | None = None


class ResponseShellOutputEvent(ResponseEvent, frozen=True, gc=False):
    """The output of a command: `response.shell_call_output_content.delta`, `.done`.

    Attributes:
        delta: an object with a piece of `stdout` or `stderr`; None in the last event.
        output: the whole output, a list of objects with `stdout`, `stderr` and `outcome`; None before the last event.
    """

    command_index: int | None = None
    delta: Any = None
    item_id: str | None = None
    output: Any = None
    output_index: int | None = None
