"""Says what a status means for a stream (WHATWG HTML 9.2.3), depending on the request's method."""

from __future__ import annotations

__all__ = ["ends_stream", "expected_status", "opens_stream"]

_NO_CONTENT, _RESET_CONTENT = 204, 205
_STANDARD = {"GET", "HEAD", "OPTIONS"}


def opens_stream(method: str, status: int) -> bool:
    """Return whether a response of this status may carry an event stream.

    For GET, HEAD and OPTIONS, only 200 does, as in the standard. The standard does not cover other methods: many
    frameworks answer POST with 201 Created, and only 204 and 205 never have content.

    Args:
        method: the method of the last request after redirects, in upper case.
        status: the response's status.
    """
    if method in _STANDARD:
        return status == 200
    return 200 <= status < 300 and status not in {_NO_CONTENT, _RESET_CONTENT}


def expected_status(method: str) -> str:
    """Return in words which statuses `opens_stream` accepts for a method."""
    return "status 200" if method in _STANDARD else "a 2xx status with content"


def ends_stream(status: int) -> bool:
    """Return whether the status says that the stream is over (204), whatever the method.

    "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting using the HTTP 204
    No Content response code."
    """
    return status == _NO_CONTENT
