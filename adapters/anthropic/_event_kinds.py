"""Tells from its name and its data what an event is."""

from __future__ import annotations

from typing import Any

__all__ = ["event_kind"]

# The types of the events that mean something; of the others, the API says that they may be ignored.
_KINDS = frozenset(
    {
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop", "message", "ping", "error"),
    }
)


def event_kind(named: str, payload: dict[str, Any]) -> object:
    """Return the type of an event: that of its payload if it is known, else its name; or `error`.

    Some gateways give each event the same name, or one of their own, and some report errors in OpenAI's form, in an
    object without a type.
    """
    kind = payload.get("type")
    if named == "error":
        return named
    if isinstance(kind, str) and kind in _KINDS:
        return named if (named, kind) == ("message_start", "message") else kind
    if kind is None:
        reports = payload.get("error") or payload.get("object") == "error" or list(payload) == ["detail"]
    else:
        reports = isinstance(kind, str) and kind.endswith("_error")
    if reports:
        return "error"
    return kind if named == "message" else named
