"""Listens to an endpoint over one connection for some seconds, and records what was observed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import requests

import sse_client as sse
from sse_client.cli.http.wire import Wire
from sse_client.cli.streams.reading import client_over, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sse_client.cli.http.request import Asked

__all__ = ["Observation", "Read", "listen_over", "observe"]

_MOST_EVENTS = 10_000
_MOST_IDS = 16 * 1024 * 1024  # characters
_MOST_TYPE = 200  # characters
_MOST_BYTES = 256 * 1024
_TO_OPEN = 60.0  # seconds, in addition to those of listening; a head that never ends must not be waited for
_BLANK_LINES = (b"\n\n", b"\r\r", b"\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Read:
    """One receive: its time, the number of bytes, and whether they end with an event."""

    at: float
    size: int
    whole: bool


@dataclass(slots=True)
class Observation:
    """The observation of one connection; times are seconds since the request was sent.

    Attributes:
        status: the status of the response; None if there was none.
        version: the version of HTTP, such as `1.1`.
        redirects: the number of redirects that were followed.
        headers: the headers of the response.
        head_at: the time at which the head arrived.
        reads: the receives.
        events: the first 10,000 events with their times, without their data, which might take much memory.
        comments: the times of the first 10,000 comments.
        sample: the body's first 256 KiB, as received.
        tail: the beginning of an unfinished event.
        ended_at: the time at which the server ended the stream; None if this side ended it.
        error: the error that ended it; None if there was none.
    """

    status: int | None = None
    version: str = "1.1"
    redirects: int = 0
    headers: Any = field(default_factory=dict[str, str])
    head_at: float = 0.0
    reads: list[Read] = field(default_factory=list[Read])
    events: list[tuple[float, sse.Event]] = field(default_factory=list[tuple[float, sse.Event]])
    comments: list[float] = field(default_factory=list[float])
    sample: bytes | bytearray = field(default_factory=bytearray)
    tail: str = ""
    ended_at: float | None = None
    error: sse.SSEError | None = None
    seconds: float = 0.0

    def header(self, name: str) -> str:
        """Return a header's value in lower case; empty if it is not there."""
        return str(self.headers.get(name, "")).strip().lower()

    @property
    def coding(self) -> str:
        """The coding of the body; empty if it has none."""
        coding = self.header("Content-Encoding")
        return "" if coding == "identity" else coding


def observe(question: Asked, arguments: dict[str, Any], seconds: float, unix_socket: Path | None = None) -> Observation:
    """Listen for `seconds` from the moment the stream is open.

    Args:
        question: the request.
        arguments: further arguments of `Client.stream`.
        seconds: how long to listen.
        unix_socket: the Unix socket to connect to instead of the URL's host.

    Raises:
        Failure: the request is malformed.
    """
    seen = Observation(seconds=seconds)
    began = time.monotonic()
    wire = Wire(
        heads=lambda message: _note_head(seen, message, time.monotonic() - began),
        received=lambda _: _listener(seen, began),
        unix_socket=unix_socket,
    )
    listen_over(client_over(wire), question, arguments, seen, began)
    return seen


def listen_over(
    client: sse.Client, question: Asked, arguments: dict[str, Any], seen: Observation, began: float
) -> None:
    """Listen with `client`, record the events in `seen`, and close the client.

    Unless `arguments` limit the whole time, opening the stream may take a minute.
    """
    timeout: sse.Timeout = arguments.get("timeout", sse.Timeout(read=None))
    if timeout.total is None:
        timeout = replace(timeout, total=seen.seconds + _TO_OPEN)
    merged = {"reconnect": False, "comments": True, **arguments, "timeout": timeout}
    try:
        with client, opened(client, question, merged) as stream:
            timer = threading.Timer(seen.seconds, stream.close)
            # A daemon, because Ctrl-C may come before the timer can be cancelled; the process must not wait for it
            # then.
            timer.daemon = True
            try:
                timer.start()
                _listen(seen, stream, began)
            finally:
                timer.cancel()
    except sse.SSEError as error:
        seen.error = error
        if isinstance(error, sse.ConnectionFailed):
            seen.ended_at = time.monotonic() - began


def _listen(seen: Observation, stream: sse.EventStream, began: float) -> None:
    events: Iterator[sse.Event | sse.Comment] = iter(stream)
    ids = 0
    for event in events:
        now = time.monotonic() - began
        if isinstance(event, sse.Event):
            ids += len(event.id)
            if len(seen.events) == _MOST_EVENTS or ids > _MOST_IDS:
                return
            seen.events.append((now, sse.Event("", event.event[:_MOST_TYPE], event.id, event.retry)))
        elif len(seen.comments) < _MOST_EVENTS:
            seen.comments.append(now)
    if stream.reason != "closed":
        seen.ended_at = time.monotonic() - began
    seen.tail = stream.tail


def _note_head(seen: Observation, message: requests.PreparedRequest | requests.Response, now: float) -> None:
    if not isinstance(message, requests.Response):
        return
    if message.is_redirect:
        seen.redirects += 1
    seen.status = message.status_code
    seen.version = {10: "1.0", 11: "1.1", 20: "2"}.get(getattr(message.raw, "version", 11), "1.1")
    seen.headers = message.headers
    seen.head_at = now


def _listener(seen: Observation, began: float) -> Callable[[bytes], None]:
    def listen(data: bytes) -> None:
        if len(seen.reads) < _MOST_EVENTS:
            seen.reads.append(Read(time.monotonic() - began, len(data), data.endswith(_BLANK_LINES)))
        if len(seen.sample) < _MOST_BYTES:
            seen.sample += data

    return listen
