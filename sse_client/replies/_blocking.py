"""A reply as a blocking iterator, and the base of the clients that return such replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client.client import Client
from sse_client.event_stream import EventStream
from sse_client.extension import end_stream, open_stream, run_sync
from sse_client.replies._adapter import Adapter
from sse_client.replies._reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from sse_client.events import Event
    from sse_client.extension import StreamFormat
    from sse_client.observer import Reason

__all__ = ["BlockingAdapter", "BlockingReply"]

_Item = TypeVar("_Item")


class BlockingReply(Reply[EventStream, _Item]):
    """A reply as it arrives: an iterator and context manager."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Item:
        try:
            for item in self._batch:
                return item
            found = run_sync(self._next())
        except BaseException as error:
            run_sync(self._fail(error))
            raise
        if found is None:
            raise StopIteration
        return found

    def __enter__(self) -> Self:
        try:
            run_sync(self._connect())
        except BaseException as error:
            run_sync(self._fail(error))
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
        end_stream(self.events, reason)


class BlockingAdapter(Adapter[Client, EventStream]):
    """A vendor's client on top of a `Client`; as a context manager, it closes the `Client` if it created it.

    Args:
        client: the client whose connections and options are used; None: create one.

    Raises:
        TypeError: `client` is not a `Client`.
    """

    _kind = Client
    _kind_name = "sse_client.Client"

    def _open(self, method: str, url: str, options: Mapping[str, Any], format: StreamFormat) -> EventStream:  # noqa: A002
        return open_stream(self._client, method, url, options, format)

    def close(self) -> None:
        """Close the underlying client, if this object created it."""
        if self._own:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
