"""The asyncio client: streams over the connections of an `aiohttp.ClientSession`."""

from __future__ import annotations

import os
import sys
import weakref
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self, Unpack

from sse_client._core.stream import StreamLoop
from sse_client._core.stream_client import StreamClient
from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client.async_event_stream import AsyncEventStream
from sse_client.async_subscription import AsyncSubscription
from sse_client.options import DEFAULTS, StreamOptions, merged
from sse_client.transports.event_loops import running_loop_itself

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    import aiohttp
    import httpx
    import httpx2

    from sse_client.events import Event
    from sse_client.options import Options
    from sse_client.transports._aiohttp.transport import AiohttpTransport
    from sse_client.transports._httpx.async_transport import AsyncHttpxTransport
    from sse_client.transports._httpx.library import Library
    from sse_client.transports.async_custom import AsyncSession, AsyncTransport

_NEEDED = (
    "the asyncio client needs aiohttp: pip install 'sse-client[async]'; or httpx2: pip install 'sse-client[httpx]'"
)

__all__ = ["AsyncClient", "AsyncEventStream", "AsyncSubscription", "astream"]


def _installed(*names: str) -> bool:
    """Return whether one of these libraries can be imported; not if `sys.modules` has None in its place."""
    loaded: dict[str, Any] = dict(sys.modules)
    return any(loaded[name] is not None if name in loaded else find_spec(name) is not None for name in names)


_HAS_AIOHTTP = _installed("aiohttp")

if not _HAS_AIOHTTP and not _installed("httpx2", "httpx"):
    raise ImportError(_NEEDED)


class AsyncClient(StreamClient[AsyncEventStream]):
    """Opens streams over one connection pool, with shared options. The tasks of one event loop may share a client.

    Args:
        session: an `aiohttp.ClientSession` (by default, a new one), an `AsyncClient` of httpx2 or httpx, which also
            runs under trio, or a `sse_client.transports.async_custom.AsyncSession`. Its connections, headers, cookies,
            proxies, certificates, middlewares, traces and event hooks are used; its timeouts, its limits on line
            lengths and its own handling of redirects are not. It is closed with the client.
        **defaults: options of every stream. The options of a call replace them; headers are merged one by one.

    Raises:
        TypeError: the session belongs to an unknown library, or is blocking; an option is unknown, or of a wrong type.
        ValueError: an option is out of range.
        RuntimeError: the session is closed.
        ImportError: there is no session, and aiohttp is not installed.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | httpx2.AsyncClient | httpx.AsyncClient | AsyncSession | None = None,
        **defaults: Unpack[StreamOptions],
    ) -> None:
        if session is None and not _HAS_AIOHTTP:
            raise ImportError(_NEEDED)
        self._custom = None if session is None else _custom(session)
        self._library = None if session is None or self._custom is not None else _checked_library(session)
        self._session: Any = session
        self._own = session is None
        self._inherited = False
        self._loop: object = None
        self._closed = False
        self._defaults = merged(DEFAULTS, defaults, shared=True) if defaults else DEFAULTS
        if self._library is not None:
            from sse_client.transports._httpx.library import check_fixed_options

            check_fixed_options(self._defaults, self._library)
        self._open: weakref.WeakSet[AsyncEventStream] = weakref.WeakSet()
        self._wrapper = None
        _clients.add(self)

    def subscribe(
        self,
        method: str,
        url: str,
        handler: Callable[[Event], object],
        *,
        events: Iterable[str] | None = None,
        task_group: Any = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncSubscription:
        """Read a stream in a task of its own, and call `handler` with each event.

        Args:
            method: any HTTP method.
            url: an absolute URL.
            handler: any callable, also a coroutine function. The `put` of a bounded `asyncio.Queue` holds the stream
                back while the queue is full.
            events: the types of events to handle; all by default. If `comments` is set, comments are handled, too.
            task_group: starts the task: a nursery of trio, or a task group of anyio or asyncio; by default, asyncio
                starts it. Required under trio.
            **options: as for `stream`.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: an option is out of its range, or the request is malformed.
            RuntimeError: there is no running event loop.
        """
        return AsyncSubscription(self.stream(method, url, **options), handler, events, task_group)

    async def aclose(self) -> None:
        """Close all streams of the client, waking their readers at once, and close the session with its connections."""
        self._closed = True
        for stream in tuple(self._open):
            await stream.aclose()
        await self._close_session()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _new_stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        stream_format: StreamFormat,
        released: Callable[[], Awaitable[object]] | None,
    ) -> AsyncEventStream:
        if self._closed:
            raise RuntimeError("this client is closed")
        if self._custom is not None and self._inherited:
            raise RuntimeError(_INHERITED)
        checked = merged(self._defaults, options)
        if self._library is not None:
            from sse_client.transports._httpx.library import with_base_url

            url = with_base_url(self._session, url)
        elif self._custom is None and self._session is not None and not self._own:
            from sse_client.transports._aiohttp.base_url import with_base_url as with_base_url_of_aiohttp

            url = with_base_url_of_aiohttp(self._session, url)
        request = checked.request(method, url)
        transport: AiohttpTransport | AsyncHttpxTransport | AsyncTransport
        if self._custom is not None:
            transport = self._custom.transport(checked)
        elif self._library is not None:
            transport = self._httpx_transport(self._library, checked, released)
        else:
            transport = _aiohttp_transport()(self._http_session, checked, released)
        stream = AsyncEventStream(StreamLoop(transport, request, checked, stream_format), transport)
        self._open.add(stream)
        return stream

    def _httpx_transport(
        self, library: Library, options: Options, released: Callable[[], Awaitable[object]] | None
    ) -> AsyncHttpxTransport:
        from sse_client.transports._httpx.async_transport import AsyncHttpxTransport
        from sse_client.transports._httpx.library import check_fixed_options

        check_fixed_options(options, library)
        return AsyncHttpxTransport(library, self._http_session, options, released)

    def _start_anew(self) -> None:
        """After a fork, leave the session, or its connections, to the parent process."""
        self._loop = None
        for stream in tuple(self._open):
            wakeup = stream._wakeup  # noqa: SLF001  (a stream of this client)
            wakeup.forbid()
            _parents.append(wakeup.body)
        if self._library is not None or self._custom is not None:
            from sse_client.transports._httpx.forking import forget_connections

            self._inherited = self._custom is not None or not forget_connections(self._session)
            return
        _parents.append(self._session)
        self._inherited = self._session is not None and not self._own
        self._session = None

    def _close_session(self) -> Awaitable[object]:
        """Return an awaitable that closes the session."""
        self._closed = True
        session = self._session
        if session is None:
            return _nothing()
        of_aiohttp = self._library is None and self._custom is None
        closing: Awaitable[object] = session.close() if of_aiohttp else session.aclose()
        return closing

    def _http_session(self) -> Any:
        """Return the session, which is created when first needed."""
        if self._closed:
            raise RuntimeError("this client is closed")
        if self._inherited:
            raise RuntimeError(_INHERITED)
        loop: object
        if self._library is not None:
            loop = running_loop_itself()
        else:
            import asyncio

            loop = asyncio.get_running_loop()
        if self._session is None:
            # Modules that only connections need are imported with the first connection.
            from sse_client.transports._aiohttp.transport import new_session

            self._session = new_session()
            self._loop = loop
        elif self._loop is None and self._library is not None:
            self._loop = loop
        elif self._loop is not loop and self._loop is not None:
            raise RuntimeError("this client belongs to another event loop: each loop needs one of its own")
        elif self._library is None and getattr(self._session, "_loop", loop) is not loop:  # set by aiohttp
            raise RuntimeError(
                "the aiohttp.ClientSession belongs to another event loop: each loop needs one of its own"
            )
        return self._session

    def _abandon(self) -> None:
        """Drop a session that nobody closed, without a warning."""
        if self._session is not None and not self._session.closed:  # an aiohttp session that `astream` has made
            self._session.detach()


@cache
def _aiohttp_transport() -> type[AiohttpTransport]:
    """Import the transport with the first stream, so that importing the package stays fast; see `client`."""
    from sse_client.transports._aiohttp.transport import AiohttpTransport

    return AiohttpTransport


async def _nothing() -> None:
    """Close a client that has not created a session: do nothing."""


_ACCEPTED = "an aiohttp.ClientSession, or an AsyncClient of httpx2 or httpx"
_INHERITED = "this client's session belongs to the parent process: make a client after the fork"


def _custom(session: Any) -> AsyncSession | None:
    """Return `session` if it is an `AsyncSession` of a custom transport, else None."""
    custom: Any = sys.modules.get("sse_client.transports.async_custom")  # already loaded if there is such a session
    return session if custom is not None and isinstance(session, custom.AsyncSession) else None


def _checked_library(session: Any) -> Library | None:
    """Return the library of a client of httpx2 or httpx; None for a session of aiohttp.

    Raises:
        TypeError: the session is neither, or is blocking.
        RuntimeError: the session is closed.
    """
    from sse_client.transports._httpx.library import accepted_library

    library = accepted_library(session, "AsyncClient", _ACCEPTED)
    aiohttp: Any = sys.modules.get("aiohttp")
    if library is None and (aiohttp is None or not isinstance(session, aiohttp.ClientSession)):
        from sse_client.transports.refused_session import refused_session

        raise refused_session(session, _ACCEPTED)
    if library is None and session.closed:
        raise RuntimeError("the aiohttp.ClientSession is closed")
    return library


_clients: weakref.WeakSet[AsyncClient] = weakref.WeakSet()
_parents: list[object] = []  # the parent process's sessions and responses, kept: closing would reach its loop


def _start_anew() -> None:
    """In a forked child, leave the parent's sessions to the parent."""
    for client in tuple(_clients):
        client._start_anew()  # noqa: SLF001  (of this module)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def astream(method: str, url: str, **options: Unpack[StreamOptions]) -> AsyncEventStream:
    """Return the stream that answers a request; see `AsyncClient.stream`. The stream has a connection of its own.

    Options are keywords, which `sse_client.options.StreamOptions` describes:
        the request: params, headers, data, json, files, auth, cookies, verify, cert, proxies, allow_redirects;
        limits: timeout (connect 10 s, silence 300 s), max_event_size (64 MiB), max_error_body (64 KiB);
        resuming: reconnect, last_event_id, checkpoint, prepare;
        events: until, include_last, comments;
        news: observer.

    Raises:
        TypeError: an option is unknown, or not of its type.
        ValueError: an option is out of its range, or the request is malformed.
    """
    client = AsyncClient()
    events = client._new_stream(method, url, options, EVENT_STREAM, client._close_session)  # noqa: SLF001
    weakref.finalize(events, client._abandon).atexit = False  # noqa: SLF001  (of a stream that is dropped, not closed)
    return events
