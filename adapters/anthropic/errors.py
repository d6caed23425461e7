"""The error that the Messages API reports."""

from __future__ import annotations

from typing import Any

from sse_client.errors import SSEError
from sse_client.extension import shown
from sse_client.replies.error_fields import error_fields
from sse_client.replies.json_values import json_value, text

__all__ = ["MessagesError"]


class MessagesError(SSEError):
    """The server reported an error, in the stream or instead of it, or did not send a message stream.

    Attributes:
        message: the server's message in full; the error's own text shows at most 200 characters of it, escaped.
        type: the API's name for the kind of error, such as `overloaded_error`.
        status: HTTP status code of the response; None for an error in the stream.
        request_id: the request's ID, for which the vendor's support asks.
        raw: the payload as received.
        partial: the `Message` that had arrived before; None if nothing had.
    """

    def __init__(self, raw: str = "", status: int | None = None, partial: Any = None) -> None:
        super().__init__(raw)
        fields = error_fields(json_value(raw))
        self.message = fields["message"] or raw.strip() or "an empty answer"
        self.type = text(fields.get("type"))
        self.status = status
        self.request_id = text(fields.get("request_id"))
        self.raw = raw
        self.partial = partial

    def __str__(self) -> str:
        known = {"status": self.status, "type": self.type, "request": self.request_id}
        details = shown(", ".join(f"{name} {value}" for name, value in known.items() if value is not None), 100)
        return shown(self.message, 195 - len(details)) + (details and f" ({details})")
