"""The head of a response, which is public as `observer.Response`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._values import Value
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Response"]


class Response(Value):
    """The head of a response, the same for every transport.

    Its `repr` shows the status and the URL, without anything that may be secret: query, credentials, headers.

    Attributes:
        status: HTTP status code.
        headers: header fields; lookup ignores case.
        url: the URL that the response came from, after redirects.
        raw: the transport's own response, such as a `requests.Response`.
    """

    __slots__ = ("headers", "raw", "status", "url")

    status: int
    headers: Mapping[str, str]
    url: str
    raw: Any

    def __init__(self, status: int, headers: Mapping[str, str], url: str, raw: Any) -> None:
        put = object.__setattr__
        put(self, "status", status)
        put(self, "headers", headers)
        put(self, "url", url)
        put(self, "raw", raw)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} from {display_url(self.url)}>"
