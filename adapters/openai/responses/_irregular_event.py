"""Reads an event of an unknown type, or of another shape than the API's, as the event that was meant."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from msgspec.structs import force_setattr

from sse_client.adapters.openai._shared.error_shapes import error_in, reported
from sse_client.adapters.openai._shared.shown_text import quoted
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._event_decoder import ALIASES, KINDS
from sse_client.adapters.openai.responses._tolerant_json import lenient
from sse_client.adapters.openai.responses.events import ResponseDeltaEvent, ResponseEvent, ResponseProgressEvent
from sse_client.replies.json_values import is_array, is_mapping, mapping, number, text
from sse_client.replies.markers import is_comment, is_heartbeat
from sse_client.replies.surrogates import Halves, repaired

if TYPE_CHECKING:
    from sse_client.events import Event

# Progress events of tools of any kind.
_PROGRESS = re.compile(r"response\.(?:\w+_call|mcp_list_tools)\.[a-z_]+\Z")

_JSON_PIECES = ("arguments.delta", "input.delta")  # the ends of types whose pieces are text in JSON, or may be

# The events that end a stream, by the status of the response.
_ENDS: dict[str | None, str] = {
    None: "response.completed",
    **{status: f"response.{status}" for status in ("completed", "incomplete", "failed", "cancelled")},
}

__all__ = ["Irregular", "rewritten", "unexpected"]


class Irregular(Halves):
    """Reads irregular events.

    Attributes:
        foreign: the first payload that is not an event of this API; "" if there was none.
    """

    __slots__ = ("foreign",)

    def __init__(self) -> None:
        super().__init__()
        self.foreign = ""

    def meant(self, event: Event) -> ResponseEvent | ChatError | None:
        """Return the event, or the error, that `event` means; None for a ping, or if it is neither.

        Raises:
            ChatError: the event is not JSON, or belongs to the chat API.
        """
        raw, reports = event.data, event.event == "error"
        if not reports and (event.event == "ping" or is_comment(raw)):
            return None
        try:
            # NaN and infinities are not JSON, but Python's json accepts them.
            payload: object = json.loads(raw, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as cause:
            if is_heartbeat(event):
                return None
            if not reports:
                raise unexpected("an event in JSON", raw) from cause
            payload = raw
        named = text(mapping(payload).get("type")) or ("" if event.event == "message" else event.event)
        # An event of this API may have an `error` that does not concern the stream: that of a tool, for example.
        if not named.startswith("response.") or named == "response.error" or not is_mapping(payload):
            error = error_in(payload, raw) or (reported(payload, raw) if reports else None)
            if error is not None:
                return error
        if payload is None or named == "ping":
            return None
        if not is_mapping(payload) or "choices" in payload:
            raise unexpected("an event of the Responses API", raw)
        if not named and payload.get("object") == "response":
            # A whole response in one event, of a gateway that does not stream.
            named, payload = _ENDS.get(text(payload.get("status")), "response.in_progress"), {"response": payload}
        if not named:
            self.foreign = self.foreign or raw
            return None
        return self._typed(named, payload, raw)

    def _typed(self, named: str, payload: dict[str, Any], raw: str) -> ResponseEvent:
        kind = (
            KINDS.get(named)
            or ALIASES.get(named)
            or (ResponseProgressEvent if _PROGRESS.match(named) else ResponseEvent)
        )
        if issubclass(kind, ResponseDeltaEvent):
            # A piece of text may end in the middle of a character.
            index, part = payload.get("output_index"), payload.get("content_index", payload.get("summary_index"))
            place = (number(index) or 0, f"{named} {text(payload.get('item_id'))}", number(part))
            payload = {**payload, "delta": self.join(place, _piece(payload.get("delta"), named))}
        made = lenient(kind, rewritten(payload))
        force_setattr(made, "type", named)
        force_setattr(made, "raw", raw)
        return made


def _piece(delta: object, named: str) -> str | None:
    """Return a piece of text; some servers send a part, decoded arguments, or a number that is the text."""
    if named.endswith(_JSON_PIECES) and not isinstance(delta, str) and delta is not None:
        return json.dumps(delta, ensure_ascii=False)
    if type(delta) in (int, float):
        return json.dumps(delta)
    if is_array(delta):
        return "".join(_piece(part, named) or "" for part in delta if not is_array(part))
    return text(mapping(delta).get("text")) if is_mapping(delta) else text(delta)


def rewritten(payload: object) -> str:
    """Return `payload` as JSON that every decoder accepts, with lone surrogates replaced."""
    return repaired(json.dumps(payload, ensure_ascii=False))


def unexpected(expected: str, raw: str) -> ChatError:
    """Return the error for a payload that is not `expected`."""
    return ChatError(f"expected {expected}, got {quoted(raw)}", raw=raw)
