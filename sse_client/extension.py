"""The extension API, on which adapters for vendors' streams are built (`docs/writing-an-adapter.md`).

An adapter opens a stream in a format of its own, turns events into the vendor's payloads, and closes the stream when
the vendor's protocol says that it has ended. It needs only this module and the other public names of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from sse_client._core.run_sync import run_sync
from sse_client._core.stream_client import StreamWrapper
from sse_client._core.stream_format import StreamFormat
from sse_client._http.escaped_text import shown
from sse_client._http.media_types import is_event_stream
from sse_client._http.statuses import opens_stream
from sse_client.errors import EventTooLarge
from sse_client.events import Event
from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sse_client.aio import AsyncClient, AsyncEventStream
    from sse_client.client import Client
    from sse_client.event_stream import EventStream
    from sse_client.observer import Reason
    from sse_client.options import Options

__all__ = [
    "ExtensibleParser",
    "StreamFormat",
    "StreamWrapper",
    "buffered_events",
    "client_options",
    "end_async_stream",
    "end_stream",
    "is_event_stream",
    "looks_like_event_stream",
    "open_async_stream",
    "open_stream",
    "opens_stream",
    "run_sync",
    "shown",
    "undispatched_events",
    "wrap_streams",
]

# Only through this module do adapters reach private parts of clients and streams.
# ruff: noqa: SLF001

_LONG = 64 * 1024  # bytes; a longer event is not decoded if its last bytes show that it was cut
_LAST = 64  # bytes
_SNIFFED = 4096  # bytes of blank lines after which a body no longer counts as an event stream
_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b"error")


class ExtensibleParser(Parser):
    """A parser whose subclasses see lines that the standard tells parsers to ignore."""

    __slots__ = ()

    def unknown_field(self, name: str, value: str, line: str) -> Event | None:  # noqa: ARG002  (for subclasses)
        """Return the event that a line with an unknown field stands for, or None to ignore the line.

        The event is dispatched in the place of the line, whatever block the line is in.

        Args:
            name: the text before the first colon; the whole line if there is none.
            value: the text after the colon, without one leading space.
            line: the line without its line end.
        """
        return None

    def _ignored_field(self, name: str, value: str, line: str) -> Event | None:
        return self.unknown_field(name, value, line)


def client_options(client: Client | AsyncClient) -> Options:
    """Return the options that a client was made with: the defaults of its streams."""
    return client._defaults


def open_stream(
    client: Client, method: str, url: str, options: Mapping[str, Any], format: StreamFormat  # noqa: A002
) -> EventStream:  # fmt: skip
    """Return a stream in `format`; it connects when it is entered or iterated over.

    Args:
        client: provides the connections and the default options.
        method: any HTTP method.
        url: an absolute URL.
        options: the options of `Client.stream`, by name.
        format: the rules for what counts as a stream, and as its progress.

    Raises:
        TypeError: an option is unknown, or of the wrong type.
        ValueError: an option is out of range, or the request is malformed.
        RuntimeError: the client is closed.
    """
    return client._stream(method, url, options, format)


def open_async_stream(
    client: AsyncClient, method: str, url: str, options: Mapping[str, Any], format: StreamFormat  # noqa: A002
) -> AsyncEventStream:  # fmt: skip
    """Return an asyncio stream in `format`; see `open_stream`."""
    return client._stream(method, url, options, format)


def buffered_events(stream: EventStream | AsyncEventStream) -> Iterator[Event]:
    """Return an iterator of the events that have arrived and have not been yielded yet.

    It never waits. An event taken from it counts as yielded by the stream. The iterator is valid until the stream is
    next asked for an event. It is empty if the stream calls the user's code for each event.
    """
    return stream._loop.batch


def undispatched_events(
    stream: EventStream | AsyncEventStream, may_be_complete: Callable[[bytes], bool] | None = None
) -> list[Event]:
    """Return the event that a blank line would dispatch, after the body has ended without one.

    The standard drops this event, because it may have been cut; an adapter can tell from its data whether it is
    complete. The event is returned once, and then is no longer in `tail`.

    Args:
        stream: a stream whose connection has ended.
        may_be_complete: called with the last bytes of an event of more than 64 KiB, before the event is decoded and
            copied; if it returns False, the event is dropped.
    """
    parser = stream._loop.delivery.parser
    held = parser._held
    if not held and not parser._size:
        return []
    cut = may_be_complete is not None and len(held) > _LONG and not may_be_complete(bytes(held[-_LAST:]))
    if cut:
        parser._held = b""
    try:
        events = parser.feed(b"\n\n")
    except EventTooLarge:
        return []
    return [event for event in events if type(event) is Event and not cut]


def end_stream(stream: EventStream, reason: Reason) -> None:
    """Close `stream`, whose payloads are complete, and report `reason` to its observer.

    With the reason `until`, a little more of the body is read, so that the connection can be used again.
    """
    stream._end(reason)


async def end_async_stream(stream: AsyncEventStream, reason: Reason) -> None:
    """Close an asyncio stream; see `end_stream`."""
    await stream._end(reason)


def looks_like_event_stream(prefix: bytes) -> bool | None:
    """Return whether a body that begins with `prefix` is an event stream; None if a longer prefix is needed.

    It is an event stream if its first non-blank line is a comment or a field of one (including old llama.cpp's
    `error`). JSON and HTML begin differently. The work is linear in `prefix`, and bounded: after 4 KiB of blank lines,
    the answer is False.
    """
    undecided = None if len(prefix) < _SNIFFED else False
    head = prefix[:_SNIFFED]
    if _BOM.startswith(head):
        return undecided
    body = head.removeprefix(_BOM)
    line = body.lstrip(b" \t\r\n")
    if not line:
        return undecided
    if body[: -len(line)].endswith((b" ", b"\t")):
        return False
    if line.startswith(b":"):
        return True
    for name in _FIELDS:
        if line.startswith(name):
            end = line[len(name) : len(name) + 1]
            return end in b":\r\n" if end else undecided
        if name.startswith(line):
            return undecided
    return False


@overload
def wrap_streams(client: Client, wrapper: StreamWrapper[EventStream]) -> None: ...
@overload
def wrap_streams(client: AsyncClient, wrapper: StreamWrapper[AsyncEventStream]) -> None: ...
def wrap_streams(client: Client | AsyncClient, wrapper: StreamWrapper[Any]) -> None:
    """Let `wrapper` create all streams of `client` from now on, including those of adapters.

    Args:
        client: the client.
        wrapper: called with `make`, the method, the URL, and the options of the call, without the client's own.
            It returns `make(options)`: a stream that has not connected yet.

    Raises:
        RuntimeError: the client already has a wrapper.
        TypeError: it is no `Client` or `AsyncClient`.
    """
    if not hasattr(client, "_wrapper"):
        raise TypeError(f"client: expected a Client or an AsyncClient, got {type(client).__name__}")
    if client._wrapper is not None:
        raise RuntimeError("this client has a wrapper of its streams already")
    client._wrapper = wrapper
