"""Shows the heads of requests and responses for -v, as they go over the wire, without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sse_client.cli.screen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from sse_client.cli.http.masking import Mask

__all__ = ["Heads"]


class Heads:
    """Shows each head, one line per header: `>` for sent heads, `<` for received ones.

    Args:
        mask: removes credentials.
        show: called with each line.
    """

    def __init__(self, mask: Mask, show: Callable[[str], object]) -> None:
        self._mask = mask
        self._show = show

    def __call__(self, message: requests.PreparedRequest | requests.Response) -> None:
        """Show the head of a request or of a response."""
        if hasattr(message, "status_code"):
            self._response(message)
        else:
            self._request(message)

    def _request(self, request: Any) -> None:
        parts = urlsplit(str(request.url))
        target = self._mask.url(request.url)
        path = target.partition("://")[2].partition("/")[2]
        self._line(">", f"{request.method} /{path} HTTP/1.1")
        names = {_text(name).lower() for name in request.headers}
        if "host" not in names:
            self._line(">", f"Host: {parts.netloc.rpartition('@')[2]}")
        self._fields(">", request.headers.items())
        self._line(">", "")

    def _response(self, response: Any) -> None:
        version = {10: "1.0", 11: "1.1", 20: "2"}.get(getattr(response.raw, "version", 11), "1.1")
        self._line("<", f"HTTP/{version} {response.status_code} {response.reason or ''}".rstrip())
        raw = getattr(response.raw, "headers", None)
        self._fields("<", (response.headers if raw is None else raw).items())
        self._line("<", "")

    def _fields(self, mark: str, fields: Any) -> None:
        for name, value in fields:
            self._line(mark, f"{_text(name)}: {self._mask.header(_text(name), value)}")

    def _line(self, mark: str, text: str) -> None:
        # A folded header contains a line feed. Its second line must not look like a line of this command's.
        self._show(f"{mark} {printable(text)}".replace("\n", "\\n").rstrip())


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
