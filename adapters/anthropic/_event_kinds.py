"""Tells from its name and its data what an event is."""

from __future__ import annotations

from typing import Any

from sse_client.replies.error_fields import reports_error

__all__ = ["event_kind"]

# The types of the events that mean something; of the others, the API says that they may be ignored.
_KINDS = {
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "message", "ping"),
}


def event_kind(named: str, payload: dict[str, Any]) -> object:
    """Return the type of an event: that of its payload if it is known, else its name; or `error`.

    Some gateways give each event the same name, or one of their own, and some report errors in OpenAI's form, in an
    object without a type.
    """
    kind = payload.get("type")
    if named == "error" or reports_error(payload):
        return "error"
    if isinstance(kind, str) and kind in _KINDS:
        return named if (named, kind) == ("message_start", "message") else kind
    return kind if named == "message" else named
