"""The blocking client: streams over the connections of a `requests.Session`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self, Unpack

from sse_client._dialect import EVENT_STREAM, Dialect
from sse_client.event_stream import EventStream
from sse_client.options import Options, StreamOptions, merged
from sse_client.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any

    import requests

    from sse_client.events import Event

__all__ = ["Client", "get", "post", "stream", "subscribe"]


class Client:
    """Opens streams over one pool of connections, with options in common. Threads may share it.

    Args:
        session: whose connections, headers, cookies, proxies and certificates are used; a new one by default. It is
            closed with the client. Its `hooks` and authentication work; a `send` or `request` that a subclass
            overrides is not called, and retries of its adapters' own are done behind the client's back.
        **defaults: options of every stream, which those of a call replace; headers are merged one by one.

    Raises:
        TypeError: an option is unknown, or not of its type.
        ValueError: one is out of its range.
    """

    def __init__(self, session: requests.Session | None = None, **defaults: Unpack[StreamOptions]) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._closed = False
        self._defaults = merged(Options(), defaults)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'closed' if self._closed else 'open'}>"

    def stream(self, method: str, url: str, **options: Unpack[StreamOptions]) -> EventStream:
        """Return the stream that answers a request; it connects when entered or iterated over.

        Args:
            method: any HTTP method. GET, HEAD and OPTIONS reconnect whenever the connection is lost; others only if
                it is certain that the request was not processed, or if `reconnect` says so.
            url: an absolute URL of http or https.
            **options: the request, in the words of `requests`, and how to read it; see the README.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: one is out of its range, or the request is malformed.
            RuntimeError: the client is closed.
        """
        return self._stream(method, url, options, EVENT_STREAM)

    def get(self, url: str, **options: Unpack[StreamOptions]) -> EventStream:
        """Return the stream that answers a GET request; see `stream`."""
        return self.stream("GET", url, **options)

    def post(self, url: str, **options: Unpack[StreamOptions]) -> EventStream:
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
    ) -> Subscription:
        """Read a stream in a thread of its own, and call `handler` with each event.

        Args:
            method: any HTTP method.
            url: an absolute URL.
            handler: any callable; the `put` of a bounded `queue.Queue` holds the stream back while it is full.
            events: the types of events to handle; all by default.
            **options: as for `stream`.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: one is out of its range, or the request is malformed.
        """
        return Subscription(self.stream(method, url, **options), handler, events)

    def close(self) -> None:
        """Close the session with its connections."""
        with self._lock:
            self._closed = True
            if self._session is not None:
                from sse_client._http import close

                close(self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        dialect: Dialect,
        finished: Callable[[], object] | None = None,
    ) -> EventStream:
        """Return a stream in a dialect; `finished` is called when it is closed."""
        if self._closed:
            raise RuntimeError("this client is closed")
        merged_options = merged(self._defaults, options)
        request = merged_options.request(method, url)
        return EventStream(self._http_session, request, merged_options, dialect, finished)

    def _http_session(self) -> requests.Session:
        """Return the session, made when it is first needed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("this client is closed")
            if self._session is None:
                import requests

                self._session = requests.Session()
            return self._session


def _alone(method: str, url: str, options: Mapping[str, Any]) -> EventStream:
    """Return a stream with a client of its own, that is closed with it."""
    client = Client()
    return client._stream(method, url, options, EVENT_STREAM, client.close)  # noqa: SLF001


def stream(method: str, url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a request; see `Client.stream`. Its connection is its own."""
    return _alone(method, url, options)


def get(url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a GET request; see `Client.stream`. Its connection is its own."""
    return _alone("GET", url, options)


def post(url: str, **options: Unpack[StreamOptions]) -> EventStream:
    """Return the stream that answers a POST request; see `Client.stream`. Its connection is its own."""
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
    return Subscription(_alone(method, url, options), handler, events)
