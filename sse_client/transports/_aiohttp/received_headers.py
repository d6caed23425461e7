"""The header fields of a response of aiohttp, single ones of which are looked up in aiohttp's own mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.headers import Headers

if TYPE_CHECKING:
    import aiohttp

__all__ = ["ReceivedHeaders"]


class ReceivedHeaders(Headers):
    """`Headers` that need not read all fields to look up one.

    A stream looks up two. Reading all takes 2,000 instructions a field, a lookup in aiohttp's mapping 500.
    """

    __slots__ = ("_parsed",)

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        super().__init__(response.raw_headers)
        self._parsed = response.headers

    def get(self, key: str, default: Any = None, /) -> Any:
        """Return the value of a field, or `default`."""
        values = self._parsed.getall(key, None)
        if values is None:
            return default
        text = values[0] if len(values) == 1 else ", ".join(values)
        return text if text.isascii() else super().get(key, default)  # aiohttp decodes UTF-8, not Latin-1
