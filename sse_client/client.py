"""The blocking client: streams over the connections of a `requests.Session`."""

from __future__ import annotations

import os
import threading
import weakref
from functools import cache
from typing import TYPE_CHECKING, Self, Unpack

from sse_client._core.stream import StreamLoop
from sse_client._core.stream_client import StreamClient
from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client.event_stream import EventStream
from sse_client.options import DEFAULTS, StreamOptions, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    import httpx
    import httpx2
    import requests

    from sse_client.events import Event
    from sse_client.options import Options
    from sse_client.subscription import Subscription
    from sse_client.transports._httpx.blocking_transport import BlockingHttpxTransport
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._requests.transport import RequestsTransport
    from sse_client.transports.custom import BlockingSession, BlockingTransport

__all__ = ["Client", "get", "post", "stream", "subscribe"]


class Client(StreamClient[EventStream]):
    """Opens streams over one connection pool, with shared options. Threads may share a client.

    Args:
        session: a `requests.Session` (by default, a new one), a `Client` of httpx2 or httpx, or a
            `sse_client.transports.custom.BlockingSession`. Its connections, headers, cookies, proxies, certificates,
            hooks and authentication are used. It is closed with the client. If a subclass of `requests.Session`
            overrides methods for requests or redirects, such as `request`, these are not called, and a warning names
            them. Retries that the session's adapters make by themselves are invisible to the client.
        **defaults: options of every stream. The options of a call replace them; headers are merged one by one.

    Raises:
        TypeError: the session belongs to an unknown library, or to asyncio; an option is unknown, or of a wrong type.
        ValueError: an option is out of range.
        RuntimeError: the session is closed.
    """

    def __init__(
        self,
        session: requests.Session | httpx2.Client | httpx.Client | BlockingSession | None = None,
        **defaults: Unpack[StreamOptions],
    ) -> None:
        self._custom: BlockingSession | None = None if session is None else _custom(session)
        self._library = None if session is None or self._custom is not None else _checked_library(session)
        self._session: Any = session
        self._process = os.getpid()
        self._lock = threading.RLock()  # a signal handler may close the client while the main thread holds it
        self._closed = self._closing = False
        self._connections = 10  # idle connections that the client's own session keeps per host, as in requests
        self._defaults = merged(DEFAULTS, defaults, shared=True) if defaults else DEFAULTS
        if self._library is not None:
            from sse_client.transports._httpx.library import check_fixed_options

            check_fixed_options(self._defaults, self._library)
        self._open: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self._wrapper = None
        _clients.add(self)

    def subscribe(
        self,
        method: str,
        url: str,
        handler: Callable[[Event], object],
        *,
        events: Iterable[str] | None = None,
        **options: Unpack[StreamOptions],
    ) -> Subscription:
        """Read a stream in a thread of its own, and call `handler` with each event.

        Args:
            method: any HTTP method.
            url: an absolute URL.
            handler: any callable. The `put` of a bounded `queue.Queue` holds the stream back while the queue is full.
            events: the types of events to handle; all by default. If `comments` is set, comments are handled, too.
            **options: as for `stream`.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: an option is out of its range, or the request is malformed.
        """
        from sse_client.subscription import Subscription

        return Subscription(self.stream(method, url, **options), handler, events)

    def close(self) -> None:
        """Close all streams of the client, waking their readers at once, and close the session with its connections.

        May be called from any thread, and from a signal handler.
        """
        self._closed = True
        if self._closing:
            return  # a signal handler has interrupted it
        self._closing = True
        try:
            for stream in tuple(self._open):
                stream.close()
            if self._library is not None:
                from sse_client.transports._httpx.closing import close_client

                if self._process == os.getpid():  # in a fork, the connections are the parent's
                    close_client(self._session)
            elif self._custom is not None:
                if self._process == os.getpid():
                    self._custom.close()
            elif self._session is not None:
                from sse_client.transports._requests.closing import close_shared_session

                close_shared_session(self._session)
        finally:
            self._closing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _new_stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        stream_format: StreamFormat,
        released: Callable[[], object] | None,
    ) -> EventStream:
        if self._closed:
            raise RuntimeError("this client is closed")
        if self._custom is not None and self._process != os.getpid():
            raise RuntimeError("this client's session belongs to the parent process: make a client after the fork")
        checked = merged(self._defaults, options)
        if self._library is not None:
            from sse_client.transports._httpx.library import with_base_url

            url = with_base_url(self._session, url)
        request = checked.request(method, url)
        transport: RequestsTransport | BlockingHttpxTransport | BlockingTransport
        if self._custom is not None:
            transport = self._custom.transport(checked)
        elif self._library is not None:
            transport = self._httpx_transport(self._library, checked, released)
        else:
            transport = _requests_transport()(self._http_session, checked, released)
        stream = EventStream(StreamLoop(transport, request, checked, stream_format), transport)
        self._open.add(stream)
        return stream

    def _httpx_transport(
        self, library: Library, options: Options, released: Callable[[], object] | None
    ) -> BlockingHttpxTransport:
        from sse_client.transports._httpx.blocking_transport import BlockingHttpxTransport
        from sse_client.transports._httpx.library import check_fixed_options

        check_fixed_options(options, library)
        return BlockingHttpxTransport(library, self._http_session, options, released)

    def _start_anew(self) -> None:
        """After a fork, forget the connections and streams of the parent process."""
        self._lock = threading.RLock()  # an inherited lock that was held during the fork would never be released
        for stream in tuple(self._open):
            stream._wakeup.forbid()  # noqa: SLF001  (a stream of this client)
        if self._library is not None:
            from sse_client.transports._httpx.forking import forget_connections as forget_pools

            if forget_pools(self._session):
                self._process = os.getpid()
        elif self._custom is None and self._session is not None:
            from sse_client.transports._requests.closing import forget_connections

            forget_connections(self._session)

    def _close_session(self) -> None:
        """Close the session of a client that was created for one stream, after its reader has ended the stream."""
        self._closed = True
        if self._session is not None:
            from sse_client.transports._requests.closing import close_session

            close_session(self._session)

    def _http_session(self) -> Any:
        """Return the session, which is created when first needed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("this client is closed")
            if self._library is not None and self._process != os.getpid():
                raise RuntimeError("this client's session belongs to the parent process: make a client after the fork")
            if self._session is None:
                from sse_client.transports._requests.pools import new_session

                self._session = new_session(self._connections)
            return self._session


@cache
def _requests_transport() -> type[RequestsTransport]:
    """Import the transport with the first stream, so that importing the package does not import requests.

    Later calls reuse it, because running an import statement costs as much as creating the whole transport.
    """
    from sse_client.transports._requests.transport import RequestsTransport

    return RequestsTransport


_ACCEPTED = "a requests.Session, or a Client of httpx2 or httpx"

_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _start_anew() -> None:
    """In a forked child, leave the parent's connections and streams to the parent."""
    for client in tuple(_clients):
        client._start_anew()  # noqa: SLF001  (of this module)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


def _custom(session: object) -> BlockingSession | None:
    """Return `session` if it is a `BlockingSession` of a custom transport, else None."""
    from sse_client.transports.custom import BlockingSession

    return session if isinstance(session, BlockingSession) else None


def _checked_library(session: object) -> Library | None:
    """Return the library of a client of httpx2 or httpx; None for a session of requests.

    Raises:
        TypeError: the session is neither, or is for asyncio.
        RuntimeError: the session is closed.
    """
    from sse_client.transports._httpx.library import accepted_library

    library = accepted_library(session, "Client", _ACCEPTED)
    if library is None:
        from sse_client.transports._requests.accepted_session import check_session

        check_session(session, _ACCEPTED)
    return library


def _alone(method: str, url: str, options: Mapping[str, Any]) -> EventStream:
    """Return a stream with a client of its own, which is closed with the stream."""
    client = Client()
    client._connections = 1  # noqa: SLF001  (of this module)
    return client._new_stream(method, url, options, EVENT_STREAM, client._close_session)  # noqa: SLF001  (as above)


def stream(method: str, url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a request; see `Client.stream`. Its connection is its own.

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
    return _alone(method, url, options)


def get(url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a GET request; see `Client.stream`. Its connection is its own.

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
    return _alone("GET", url, options)


def post(url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a POST request; see `Client.stream`. Its connection is its own.

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
    return _alone("POST", url, options)


def subscribe(
    method: str,
    url: str,
    handler: Callable[[Event], object],
    *,
    events: Iterable[str] | None = None,
    **options: Unpack[StreamOptions],
) -> Subscription:
    """Read a stream in a thread of its own, and call `handler` with each event; see `Client.subscribe`."""
    from sse_client.subscription import Subscription

    return Subscription(_alone(method, url, options), handler, events)
