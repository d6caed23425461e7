"""Decodes an event's data as a `ResponseEvent`, by its type (API reference, Responses, "Streaming events")."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import force_setattr

from sse_client.adapters.openai.responses._tolerant_json import lenient
from sse_client.adapters.openai.responses.events import (
    ResponseAnnotationEvent,
    ResponseDeltaEvent,
    ResponseEvent,
    ResponseImageEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseProgressEvent,
    ResponseShellOutputEvent,
    ResponseTextDeltaEvent,
    ResponseTextEvent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.events import Event

__all__ = ["ALIASES", "KINDS", "decode"]

_PROGRESS = """
    web_search_call.in_progress web_search_call.searching web_search_call.completed
    file_search_call.in_progress file_search_call.searching file_search_call.completed
    code_interpreter_call.in_progress code_interpreter_call.interpreting code_interpreter_call.completed
    image_generation_call.in_progress image_generation_call.generating image_generation_call.completed
    mcp_call.in_progress mcp_call.completed mcp_call.failed
    mcp_list_tools.in_progress mcp_list_tools.completed mcp_list_tools.failed
    compaction.compacting
"""

_TYPES: dict[type[ResponseEvent], str] = {
    ResponseEvent: "audio.done audio.transcript.done",
    ResponseLifecycleEvent: "created queued in_progress completed incomplete failed",
    ResponseItemEvent: "output_item.added output_item.done",
    ResponsePartEvent: """
        content_part.added content_part.done reasoning_summary_part.added reasoning_summary_part.done
    """,
    ResponseTextDeltaEvent: "output_text.delta",
    ResponseDeltaEvent: """
        refusal.delta reasoning_text.delta reasoning_summary_text.delta function_call_arguments.delta
        mcp_call_arguments.delta custom_tool_call_input.delta code_interpreter_call_code.delta
        shell_call_command.delta audio.delta audio.transcript.delta
    """,
    ResponseTextEvent: """
        output_text.done refusal.done reasoning_text.done reasoning_summary_text.done function_call_arguments.done
        mcp_call_arguments.done custom_tool_call_input.done code_interpreter_call_code.done
        shell_call_command.added shell_call_command.done
    """,
    ResponseAnnotationEvent: "output_text.annotation.added",
    ResponseProgressEvent: _PROGRESS,
    ResponseImageEvent: "image_generation_call.partial_image",
    ResponseShellOutputEvent: "shell_call_output_content.delta shell_call_output_content.done",
}

KINDS: dict[str, type[ResponseEvent]] = {
    f"response.{name}": kind for kind, names in _TYPES.items() for name in names.split()
}
"""The types that are known, each with its class."""

ALIASES: dict[str, type[ResponseEvent]] = {
    "response.cancelled": ResponseLifecycleEvent,
    "response.done": ResponseLifecycleEvent,
    "response.output_text_annotation.added": ResponseAnnotationEvent,
    "response.reasoning.delta": ResponseDeltaEvent,
    "response.reasoning.done": ResponseTextEvent,
    "response.reasoning_summary.delta": ResponseDeltaEvent,
    "response.reasoning_summary.done": ResponseTextEvent,
}
"""Types that the API had once, or that other servers have."""

# Events with a response, an item or a part have more fields that a server can get wrong, and come only a few times.
_NESTED = frozenset({ResponseLifecycleEvent, ResponseItemEvent, ResponsePartEvent})


def _decoder(kind: type[ResponseEvent]) -> Callable[[str], ResponseEvent]:
    return partial(lenient, kind) if kind in _NESTED else msgspec.json.Decoder(kind).decode


_BY_KIND = {kind: _decoder(kind) for kind in _TYPES}
_DECODERS = {name: _BY_KIND[kind] for name, kind in KINDS.items()}

_plain = msgspec.json.Decoder(ResponseEvent).decode


def decode(event: Event) -> ResponseEvent:
    """Decode an event of a known type whose data matches the API's description.

    Raises:
        KeyError: the type is unknown.
        msgspec.DecodeError, UnicodeError, RecursionError: the data does not match.
    """
    data, named = event.data, event.event
    decoder = _DECODERS.get(named)
    if decoder is not None:
        made = decoder(data)
        if made.type == named:
            # Set once, before anybody else has seen the event.
            force_setattr(made, "raw", data)
            return made
    # If the `event:` line is missing or disagrees, the payload's own type counts.
    made = _DECODERS[_plain(data).type](data)
    force_setattr(made, "raw", data)
    return made
