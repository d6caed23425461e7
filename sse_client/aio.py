"""The asyncio client: streams over the connections of an `aiohttp.ClientSession`."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Self, Unpack

try:
    import aiohttp  # noqa: TC002  (a missing extra is told at once)
except ImportError as error:
    raise ImportError("the asyncio client needs aiohttp: pip install sse-client[async]") from error

from sse_client._aio_stream import AsyncEventStream
from sse_client._aio_subscription import AsyncSubscription
from sse_client._dialect import EVENT_STREAM, Dialect
from sse_client.options import Options, StreamOptions, merged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from sse_client.events import Event

__all__ = ["AsyncClient", "AsyncEventStream", "AsyncSubscription", "astream"]


class AsyncClient:
    """Opens streams over one pool of connections, with options in common. The tasks of one event loop share it.

    Args:
        session: whose connections, headers, cookies, proxies and certificates are used; a new one by default. It is
            closed with the client. Its timeouts and limits of lines are not used, nor a `request` that follows
            redirects; its middlewares and traces are.
        **defaults: options of every stream, which those of a call replace; headers are merged one by one.

    Raises:
        TypeError: an option is unknown, or not of its type.
        ValueError: one is out of its range.
    """

    def __init__(self, session: aiohttp.ClientSession | None = None, **defaults: Unpack[StreamOptions]) -> None:
        self._session = session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._defaults = merged(Options(), defaults)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'closed' if self._closed else 'open'}>"

    def stream(self, method: str, url: str, **options: Unpack[StreamOptions]) -> AsyncEventStream:
        """Return the stream that answers a request; it connects when entered or iterated over.

        Args:
            method: any HTTP method. GET, HEAD and OPTIONS reconnect whenever the connection is lost; others only if
                it is certain that the request was not processed, or if `reconnect` says so.
            url: an absolute URL of http or https.
            **options: the request, in the words of `requests`, and how to read it; see the README. `data` may be an
                asynchronous iterable too.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: one is out of its range, or the request is malformed.
            RuntimeError: the client is closed.
        """
        return self._stream(method, url, options, EVENT_STREAM)

    def get(self, url: str, **options: Unpack[StreamOptions]) -> AsyncEventStream:
        """Return the stream that answers a GET request; see `stream`."""
        return self.stream("GET", url, **options)

    def post(self, url: str, **options: Unpack[StreamOptions]) -> AsyncEventStream:
        """Return the stream that answers a POST request; see `stream`."""
        return self.stream("POST", url, **options)

    def subscribe(
        self,
        method: str,
        url: str,
        handler: Callable[[Event], object],
        *,
        events: Iterable[str] | None = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncSubscription:
        """Read a stream in a task of its own, and call `handler` with each event.

        Args:
            method: any HTTP method.
            url: an absolute URL.
            handler: any callable, a coroutine function too; the `put` of a bounded `asyncio.Queue` holds the stream
                back while it is full.
            events: the types of events to handle; all by default.
            **options: as for `stream`.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: one is out of its range, or the request is malformed.
            RuntimeError: there is no running event loop.
        """
        return AsyncSubscription(self.stream(method, url, **options), handler, events)

    async def aclose(self) -> None:
        """Close the session with its connections."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        dialect: Dialect,
        finished: Callable[[], Awaitable[object]] | None = None,
    ) -> AsyncEventStream:
        """Return a stream in a dialect; `finished` is called when it is closed."""
        if self._closed:
            raise RuntimeError("this client is closed")
        merged_options = merged(self._defaults, options)
        request = merged_options.request(method, url)
        return AsyncEventStream(self._http_session, request, merged_options, dialect, finished)

    def _http_session(self) -> aiohttp.ClientSession:
        """Return the session, made when it is first needed."""
        if self._closed:
            raise RuntimeError("this client is closed")
        loop = asyncio.get_running_loop()
        if self._session is None:
            # What is loaded with the first connection need not be with the package.
            from sse_client._aio_http import new_session

            self._session = new_session()
            self._loop = loop
        elif self._loop not in {None, loop}:
            raise RuntimeError("this client belongs to another event loop: each loop needs one of its own")
        return self._session

    def _abandon(self) -> None:
        """Let go of a session that nobody closed, without a warning."""
        if self._session is not None and not self._session.closed:
            self._session.detach()


def astream(method: str, url: str, **options: Unpack[StreamOptions]) -> AsyncEventStream:
    """Return the stream that answers a request; see `AsyncClient.stream`. Its connection is its own."""
    client = AsyncClient()
    events = client._stream(method, url, options, EVENT_STREAM, client.aclose)  # noqa: SLF001
    weakref.finalize(events, client._abandon).atexit = False  # noqa: SLF001  (of a stream that is dropped, not closed)
    return events
