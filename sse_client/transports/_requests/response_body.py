"""Reads response bodies through urllib3: those that do not come from a tracked connection."""

from __future__ import annotations

import inspect
import weakref
from typing import TYPE_CHECKING, Any

from sse_client._core.response_body import ResponseBody
from sse_client.transports._requests.closing import close_response
from sse_client.transports._requests.errors import TRANSPORT_ERRORS, broken
from sse_client.transports._requests.opening import seconds_left
from sse_client.transports._requests.watchdog import Watchdog

if TYPE_CHECKING:
    from sse_client.observer import Response
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["LibraryBody"]

_RECEIVE = 64 * 1024


class LibraryBody(ResponseBody):
    """A body read by urllib3's documented methods; for responses that do not come from a tracked connection."""

    __slots__ = ("__weakref__", "_as_coded", "_late", "_raw", "_wakeup", "_watchdog")

    def __init__(self, head: Response, raw: Any, wakeup: Wakeup, silence: float | None) -> None:
        super().__init__(head, silence)
        self._raw = raw
        self._wakeup = wakeup
        self._as_coded: dict[str, bool] = {"decode_content": False}
        if not _can_decode(raw):
            # An object that VCR.py or an adapter has put in its place: as in requests, its bytes count as decoded.
            self._as_coded = {}
            self._decoder, self.coding_error = None, ""
        self._watchdog: Watchdog | None = None
        self._late = False  # whether the connection was shut down at a deadline, and not by the server

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        try:
            seconds_left(None, deadline)
            data = b"" if self._late else self._read_within(deadline)
            if self._late and not data:
                raise TimeoutError("timed out")
        except TRANSPORT_ERRORS as error:
            failure = broken(error, self.response.url, silence=self.silence)
        else:
            if getattr(self._raw, "connection", None) is None:
                self._wakeup.release_socket()  # at its end, urllib3 returns the connection to the pool
            return data
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    def _read_within(self, deadline: float | None) -> bytes:
        """Read once, and shut the connection down at the deadline."""
        # `read1` is the only method that returns promptly with every framing.
        if deadline is None:
            return self._read1()
        # A timeout for each read would start again with every byte of framing that a server sends.
        if self._watchdog is None:
            self._watchdog = Watchdog(self._wakeup)
            weakref.finalize(self, self._watchdog.stop)  # for a body that is dropped without being closed
        self._watchdog.arm(deadline)
        try:
            return self._read1()
        finally:
            self._late = self._watchdog.disarm()

    def _read1(self) -> bytes:
        data: bytes = self._raw.read1(_RECEIVE, **self._as_coded)
        return data

    def close(self) -> None:
        """Close the connection, unless the body was read to its end: then it is back in its pool."""
        if self._watchdog is not None:
            self._watchdog.stop()
        self._wakeup.release_socket()
        close_response(self._raw)

    async def _breathe(self, deadline: float | None) -> None:
        self._wakeup.check(deadline, self.response.url)


def _can_decode(raw: Any) -> bool:
    """Return whether a body can decode content codings, as urllib3's can; a plain file in its place cannot."""
    if hasattr(raw, "decode_content"):
        return True
    try:
        return "decode_content" in inspect.signature(raw.read1).parameters
    except ValueError:  # a builtin without a signature
        return False
