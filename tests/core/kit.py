"""What the tests of the core share: response bodies that come from a list, and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client._core.response_body import ResponseBody
from sse_client._http.headers import Headers
from sse_client.observer import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "https://user:s3cret@example.com/events?k=s3cret"


class ListedBody(ResponseBody):
    """A body whose bytes are listed.

    Args:
        response: the head.
        receives: what each receive brings: bytes, or an error that it raises; after the last one the body ends.

    Attributes:
        closed: how often it was closed.
        deadlines: those that it was given.
        breaths: how often it was asked to look up from decoding.
    """

    def __init__(self, response: Response, receives: Iterable[bytes | Exception] = ()) -> None:
        super().__init__(response, None)
        self.closed = 0
        self.deadlines: list[float | None] = []
        self.breaths = 0
        self._receives = iter(receives)

    async def read(self, deadline: float | None) -> bytes:
        self.deadlines.append(deadline)
        return await (self._read_decoded(self._decoder, deadline) if self._decoder else self._receive(deadline))

    def close(self) -> None:
        self.closed += 1

    async def _receive(self, deadline: float | None) -> bytes:
        received = next(self._receives, b"")
        if isinstance(received, Exception):
            raise received
        return received

    async def _breathe(self, deadline: float | None) -> None:
        self.breaths += 1


def body(
    *receives: bytes | Exception,
    status: int = 200,
    content_type: str | None = "text/event-stream",
    **headers: str,
) -> ListedBody:
    """Return a response's body; an underscore in the name of a header is a hyphen."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        fields["Content-Type"] = content_type
    head = Headers([(name.encode(), value.encode()) for name, value in fields.items()])
    return ListedBody(Response(status, head, URL, None), receives)
