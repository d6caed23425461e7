"""The names of spans, attributes and metrics: the HTTP and GenAI conventions, and this package's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sse_client.errors import StatusError

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

__all__ = ["METHODS", "error_type", "server_of"]

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_PORTS = {"http": 80, "https": 443}


def server_of(url: str) -> dict[str, AttributeValue]:
    """Return the attributes that name the server of a URL, which must be valid."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    found: dict[str, AttributeValue] = {"server.address": parts.hostname or ""}
    if port is not None:
        found["server.port"] = port
    return found


def error_type(error: BaseException) -> str:
    """Return the value of `error.type`: the status of a response, or else the class of the error."""
    status = getattr(error, "status", None)
    if isinstance(error, StatusError) or (isinstance(status, int) and status >= 400):
        return str(status)
    return f"{type(error).__module__}.{type(error).__qualname__}"
