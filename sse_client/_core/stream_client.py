"""The methods of a client that return streams, shared by the blocking and the asyncio client."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar, Unpack

from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client.options import StreamOptions  # noqa: TC001  (for who asks for the type hints of these methods)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["StreamClient", "StreamWrapper"]

_Stream = TypeVar("_Stream")


class StreamWrapper(Protocol[_Stream]):
    """Creates the streams of a client; see `sse_client.extension.wrap_streams`."""

    def __call__(
        self, make: Callable[[Mapping[str, Any]], _Stream], method: str, url: str, options: Mapping[str, Any], /
    ) -> _Stream:
        """Return `make(options)`, with changed options if necessary."""
        ...


class StreamClient(ABC, Generic[_Stream]):
    """Returns the streams that answer requests, for a client that makes them."""

    _closed: bool
    _wrapper: StreamWrapper[_Stream] | None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'closed' if self._closed else 'open'}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__}: it cannot be pickled or copied; make one in each process")

    def stream(self, method: str, url: str, **options: Unpack[StreamOptions]) -> _Stream:
        """Return the stream that answers a request; it connects when entered or iterated over.

        Args:
            method: any HTTP method. GET, HEAD and OPTIONS reconnect whenever the connection is lost; others only if
                it is certain that the request was not processed, or if `reconnect` says so.
            url: an absolute URL of http or https.
            **options: the request, with the argument names of `requests`, and how to read the stream. In an
                `AsyncClient`, `data` may also be an asynchronous iterable.

        Options are keywords, which `sse_client.options.StreamOptions` describes:
            the request: params, headers, data, json, files, auth, cookies, verify, cert, proxies, allow_redirects;
            limits: timeout (connect 10 s, silence 300 s), max_event_size (64 MiB), max_error_body (64 KiB);
            resuming: reconnect, last_event_id, checkpoint, prepare;
            events: until, include_last, comments;
            news: observer.

        Raises:
            TypeError: an option is unknown, or not of its type.
            ValueError: an option is out of its range, or the request is malformed.
            RuntimeError: the client is closed.
        """
        return self._stream(method, url, options)

    def get(self, url: str, **options: Unpack[StreamOptions]) -> _Stream:
        """Return the stream that answers a GET request; see `stream`.

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
        return self.stream("GET", url, **options)

    def post(self, url: str, **options: Unpack[StreamOptions]) -> _Stream:
        """Return the stream that answers a POST request; see `stream`.

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
        return self.stream("POST", url, **options)

    def _stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        stream_format: StreamFormat = EVENT_STREAM,
        released: Callable[[], Any] | None = None,
    ) -> _Stream:
        """Return a stream in a format. When the stream has ended, `released` is called, and in asyncio awaited."""
        if self._wrapper is None:
            return self._new_stream(method, url, options, stream_format, released)
        return self._wrapper(
            lambda changed: self._new_stream(method, url, changed, stream_format, released), method, url, options
        )

    @abstractmethod
    def _new_stream(
        self,
        method: str,
        url: str,
        options: Mapping[str, Any],
        stream_format: StreamFormat,
        released: Callable[[], Any] | None,
    ) -> _Stream:
        """Return a stream without asking the wrapper."""
