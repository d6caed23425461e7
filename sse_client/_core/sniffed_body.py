"""A body whose first bytes were already read, to find out whether it is an event stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client._core.response_body import ResponseBody

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SniffedBody"]


class SniffedBody(ResponseBody):
    """Returns the bytes that were read from another body to examine them, and then the rest of that body.

    Args:
        body: the body, unread.
    """

    __slots__ = ("_body", "_prefix")

    closes_by_awaiting = True

    def __init__(self, body: ResponseBody) -> None:
        self._body = body
        super().__init__(body.response, body.silence)
        self.method, self.redirected = body.method, body.redirected
        self._prefix = b""

    @property
    def shares_loop(self) -> bool:  # type: ignore[override]  # of each body, not of the class
        """Whether other tasks wait for their turn; see `ResponseBody`."""
        return self._body.shares_loop

    async def sniff(self, rule: Callable[[bytes], bool | None], deadline: float | None) -> bool:
        """Return the rule's answer for the body's first bytes; False if the body ends before the rule can decide.

        Raises:
            ConnectionFailed: the body was cut off, or is corrupt; `IdleTimeout` after silence or at the deadline.
        """
        verdict = None
        while verdict is None and (data := await self._body.read(deadline)):
            self._prefix += data
            verdict = rule(self._prefix)
        return bool(verdict)

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        data, self._prefix = self._prefix, b""
        return data or await self._body.read(deadline)

    async def read_excerpt(self, limit: int, deadline: float | None) -> bytes:
        """Return the body's first bytes, and close; see `ResponseBody.read_excerpt`."""
        prefix = self._prefix[:limit]
        return prefix + await self._body.read_excerpt(limit - len(prefix), deadline)

    async def drain(self) -> None:
        """Read and drop the little that may still arrive; see `ResponseBody.drain`."""
        await self._body.drain()

    def close(self) -> None:
        """Close the connection; see `ResponseBody.close`."""
        self._body.close()

    async def aclose(self) -> None:
        """Close the connection; see `ResponseBody.aclose`."""
        await self._body.aclose()

    async def _receive(self, deadline: float | None) -> bytes:
        return await self.read(deadline)

    async def _breathe(self, deadline: float | None) -> None:
        await self._body._breathe(deadline)  # noqa: SLF001  (of the same class)
