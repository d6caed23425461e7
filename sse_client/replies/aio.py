"""A reply as an asynchronous iterator, and the base of the clients that return such replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client.aio import AsyncClient, AsyncEventStream
from sse_client.extension import end_async_stream, open_async_stream
from sse_client.replies._adapter import Adapter
from sse_client.replies._reply import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Mapping
    from types import TracebackType

    from sse_client.events import Event
    from sse_client.extension import StreamFormat
    from sse_client.observer import Reason

__all__ = ["AsyncAdapter", "AsyncReply"]

_Item = TypeVar("_Item")


class AsyncReply(Reply[AsyncEventStream, _Item]):
    """A reply as it arrives: an asynchronous iterator and context manager."""

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

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Coroutine[Any, Any, None]:
        return self.aclose()

    async def aclose(self) -> None:
        """End the reply, from any task; see `AsyncEventStream.aclose`."""
        self._leave()
        await self.events.aclose()

    def _enter(self) -> Awaitable[object]:
        return self.events.__aenter__()

    def _event(self) -> Awaitable[Event | None]:
        return anext(self.events, None)

    async def _conclude(self, reason: Reason) -> None:
        await end_async_stream(self.events, reason)


class AsyncAdapter(Adapter[AsyncClient, AsyncEventStream]):
    """A vendor's client on top of an `AsyncClient`; see `BlockingAdapter`."""

    _kind = AsyncClient
    _kind_name = "sse_client.aio.AsyncClient"

    def _open(self, method: str, url: str, options: Mapping[str, Any], format: StreamFormat) -> AsyncEventStream:  # noqa: A002
        return open_async_stream(self._client, method, url, options, format)

    async def aclose(self) -> None:
        """Close the underlying client, if this object created it."""
        if self._own:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
