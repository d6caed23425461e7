"""A reply as a blocking iterator: the loop of `Reply`, in the thread that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from sse_client._drive import drive
from sse_client.adapters.openai._reply import Reply
from sse_client.event_stream import EventStream

if TYPE_CHECKING:
    from types import TracebackType

    from sse_client.events import Event
    from sse_client.observer import Reason

__all__ = ["BlockingReply"]

_Item = TypeVar("_Item")


class BlockingReply(Reply[EventStream, _Item]):
    """A reply, as it arrives: an iterator, and a context manager."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Item:
        try:
            for item in self._batch:
                return item
            found = drive(self._next())
        except BaseException as error:
            drive(self._fail(error))
            raise
        if found is None:
            raise StopIteration
        return found

    def __enter__(self) -> Self:
        try:
            drive(self._connect())
        except BaseException as error:
            drive(self._fail(error))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reply, from any thread; see `EventStream.close`."""
        self._leave()
        self.events.close()

    async def _enter(self) -> None:
        self.events.__enter__()

    async def _event(self) -> Event | None:
        return next(self.events, None)

    async def _conclude(self, reason: Reason) -> None:
        self.events._end(reason)  # noqa: SLF001  (the adapters' way in)
