"""An event that is of no known type, or not as the API describes it, as the event that was meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import force_setattr

from sse_client.adapters.openai._data import is_comment
from sse_client.adapters.openai._error_shapes import error_in, reported
from sse_client.adapters.openai._json import is_mapping, mapping, number, text
from sse_client.adapters.openai._surrogates import Halves
from sse_client.adapters.openai.errors import ChatError, shortened
from sse_client.adapters.openai.responses._decode import KINDS
from sse_client.adapters.openai.responses._lenient import lenient
from sse_client.adapters.openai.responses.events import ResponseDeltaEvent, ResponseEvent

if TYPE_CHECKING:
    from sse_client.events import Event

__all__ = ["Irregular", "rewritten", "unexpected"]


class Irregular(Halves):
    """What irregular events meant.

    Attributes:
        foreign: the first payload that is no event of any API; "" before.
    """

    __slots__ = ("foreign",)

    def __init__(self) -> None:
        super().__init__()
        self.foreign = ""

    def meant(self, event: Event) -> ResponseEvent | None:
        """Return what `event` means; None for a ping, or for what is no event.

        Raises:
            ChatError: it reports an error, is no JSON, or is of the chat API.
        """
        raw, reports = event.data, event.event == "error"
        if not reports and (event.event == "ping" or is_comment(raw)):
            return None
        try:
            # NaN and the like are no JSON, but Python's.
            payload: object = json.loads(raw, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as cause:
            if not reports:
                raise unexpected("an event in JSON", raw) from cause
            payload = raw
        named = text(mapping(payload).get("type")) or ("" if event.event == "message" else event.event)
        # An event of this API may have an `error` that is not the stream's: that of a tool, say.
        if not named.startswith("response.") or named == "response.error" or not is_mapping(payload):
            error = error_in(payload, raw) or (reported(payload, raw) if reports else None)
            if error is not None:
                raise error
        if payload is None or named == "ping":
            return None
        if not is_mapping(payload) or "choices" in payload:
            raise unexpected("an event of the Responses API", raw)
        if not named:
            self.foreign = self.foreign or raw
            return None
        try:
            return self._typed(named, payload, raw)
        except RecursionError as cause:
            raise unexpected("an event that is not nested so deep", raw) from cause

    def _typed(self, named: str, payload: dict[str, Any], raw: str) -> ResponseEvent:
        kind = KINDS.get(named, ResponseEvent)
        if issubclass(kind, ResponseDeltaEvent):
            # The pieces of a text may end in the middle of a character.
            index, part = payload.get("output_index"), payload.get("content_index", payload.get("summary_index"))
            place = (number(index) or 0, named, number(part))
            payload = {**payload, "delta": self._mended(place, text(payload.get("delta")))}
        made = lenient(kind, rewritten(payload))
        force_setattr(made, "type", named)
        force_setattr(made, "raw", raw)
        return made


def rewritten(payload: object) -> str:
    """Return `payload` in JSON that every decoder takes, halves of characters replaced."""
    written = json.dumps(payload, ensure_ascii=False)
    return written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def unexpected(expected: str, raw: str) -> ChatError:
    """Return the error of a payload that is not what was `expected`."""
    return ChatError(f"expected {expected}, got {shortened(raw)!r}", raw=raw)
