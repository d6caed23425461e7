"""Reads errors in the forms in which servers and gateways report them, whatever the API.

{"error": {"message", "type"}}, {"type": "error", "error": {...}, "request_id"}    OpenAI, Anthropic
{"type": "overloaded_error", "message"}, {"object": "error", "message"}            gateways, vLLM before 2025
{"error": "text"}, {"detail": "text"}                                              gateways, FastAPI
[{"error": {...}}]                                                                 Google
"""

from __future__ import annotations

from typing import Any

from sse_client.replies.json_values import array, mapping, text

__all__ = ["error_fields", "reports_error"]


def reports_error(payload: dict[str, Any]) -> bool:
    """Return whether an object in a stream reports an error.

    If the object has a `type`, the type decides; a field `error` may then be a part of something else.
    """
    kind = payload.get("type")
    if kind is None:
        return bool(payload.get("error")) or payload.get("object") == "error" or list(payload) == ["detail"]
    return isinstance(kind, str) and (kind == "error" or kind.endswith("_error"))


def error_fields(payload: object) -> dict[str, Any]:
    """Return the fields of the error that a decoded payload reports, and of the object around it.

    `message` is the error's text, wherever the server has put it, or None. Of a `type`, only the error's own counts.
    """
    outer = mapping(payload) or mapping(next(iter(array(payload)), None))
    error = mapping(outer.get("error"))
    fields = {**outer, "type": None, **error} if error else outer
    said = text(fields.get("message")) or text(outer.get("error")) or text(outer.get("detail"))
    return {**fields, "message": said or None}
