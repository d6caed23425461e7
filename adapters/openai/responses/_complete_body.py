"""Reads the body of an answer that is not a stream as the response that it may hold, and as events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from sse_client.adapters.openai._shared.error_shapes import body_error, error_in
from sse_client.adapters.openai._shared.shown_text import quoted
from sse_client.adapters.openai.responses._irregular_event import rewritten, unexpected
from sse_client.adapters.openai.responses._tolerant_json import lenient
from sse_client.adapters.openai.responses.events import ResponseLifecycleEvent, ResponseTextDeltaEvent
from sse_client.adapters.openai.responses.response import TEXT_PARTS, OutputMessage, Response
from sse_client.replies.json_values import is_array, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.adapters.openai.responses.events import ResponseEvent
    from sse_client.adapters.openai.responses.response import ContentPart

__all__ = ["response_in", "told"]

# An item's ID, or its number if it has no ID; and the number of a part.
_Place: TypeAlias = tuple[str | int, int]


def response_in(text: str, status: int) -> Response:
    """Decode the `text` of a body as a response.

    Raises:
        ChatError: the text is not a response; the error quotes it.
    """
    try:
        payload: object = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        payload = None
    fields = mapping(payload)
    if fields.get("object") == "response" or is_array(fields.get("output")):
        return lenient(Response, rewritten(fields))
    if "choices" in fields and not error_in(payload, text):
        raise unexpected("a response of the Responses API", text)
    raise body_error(text, status)


def told(response: Response, raw: str, before: Response) -> list[ResponseEvent]:
    """Return events for a whole response: the parts of its texts that are not in `before`, then its final event.

    Raises:
        ChatError: a text contradicts the one in `before`.
    """
    events: list[ResponseEvent] = []
    had = {place: text for place, _, text in _texts(before)}
    for place, (output_index, content_index, item, part), text in _texts(response):
        begun = had.get(place, "")
        if not text.startswith(begun):
            raise unexpected(f"a response whose text begins with {quoted(begun, 80)}", text)
        if text != begun:
            events.append(
                ResponseTextDeltaEvent(
                    "response.output_text.delta",
                    raw=raw,
                    content_index=content_index,
                    delta=text[len(begun) :],
                    item_id=item.id,
                    output_index=output_index,
                    logprobs=None if begun else part.logprobs,
                )
            )
    ending = "response.incomplete" if response.status == "incomplete" else "response.completed"
    return [*events, ResponseLifecycleEvent(ending, raw=raw, response=response)]


def _texts(response: Response) -> Iterator[tuple[_Place, tuple[int, int, OutputMessage, ContentPart], str]]:
    """Yield each text of a response, with the key and the position of its place."""
    for output_index, item in enumerate(response.output):
        if isinstance(item, OutputMessage):
            for content_index, part in enumerate(item.content):
                if part.type in TEXT_PARTS and part.text:
                    yield (item.id or output_index, content_index), (output_index, content_index, item, part), part.text
