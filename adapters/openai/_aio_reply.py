"""A reply as an asynchronous iterator: the loop of `Reply`, in the task that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from sse_client.adapters.openai._reply import Reply
from sse_client.aio import AsyncEventStream

if TYPE_CHECKING:
    from types import TracebackType

    from sse_client.events import Event
    from sse_client.observer import Reason

__all__ = ["AsyncReply"]

_Item = TypeVar("_Item")


class AsyncReply(Reply[AsyncEventStream, _Item]):
    """A reply, as it arrives: an asynchronous iterator, and context manager."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _Item:
        try:
            for item in self._batch:
                return item
            found = await self._next()
        except BaseException as error:
            await self._fail(error)
            raise
        if found is None:
            raise StopAsyncIteration
        return found

    async def __aenter__(self) -> Self:
        try:
            await self._connect()
        except BaseException as error:
            await self._fail(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the reply, from any task; see `AsyncEventStream.aclose`."""
        self._leave()
        await self.events.aclose()

    async def _enter(self) -> None:
        await self.events.__aenter__()

    async def _event(self) -> Event | None:
        return await anext(self.events, None)

    async def _conclude(self, reason: Reason) -> None:
        await self.events._end(reason)  # noqa: SLF001  (the adapters' way in)
