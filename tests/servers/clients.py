"""The clients that every server is read with, in one form."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import httpx2

import sse_client
from sse_client import Comment, Event, Reconnect, SSEError, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client import AsyncEventStream, EventStream

    Stream = EventStream | AsyncEventStream

LIMIT = Timeout(connect=10, read=15, total=40)
AT_ONCE = Reconnect(initial_delay=0, max_delay=0.1, max_attempts=3)


@dataclass
class Outcome:
    """What came of a stream, which is closed.

    Attributes:
        stream: the stream itself.
        events: what it yielded, but for comments.
        comments: the comments.
        arrivals: when the events came, on the clock of `time.monotonic_ns`.
        error: what it raised, or None.
    """

    stream: Stream
    events: list[Event] = field(default_factory=list[Event])
    comments: list[Comment] = field(default_factory=list[Comment])
    arrivals: list[int] = field(default_factory=list[int])
    error: SSEError | None = None

    def add(self, item: Event | Comment, each: Callable[[Event], object] | None) -> None:
        """Take what the stream has yielded, and show it to `each`."""
        if isinstance(item, Comment):
            self.comments.append(item)
            return
        self.arrivals.append(monotonic_ns())
        self.events.append(item)
        if each is not None:
            each(item)

    @property
    def data(self) -> list[str]:
        return [event.data for event in self.events]

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]

    @property
    def failure(self) -> type[SSEError] | None:
        """The kind of the error."""
        return type(self.error) if self.error else None

    @property
    def connections(self) -> int:
        return self.stream.stats.connections

    @property
    def status(self) -> int:
        """The status of the last response."""
        assert self.stream.response is not None
        return self.stream.response.status

    def header(self, name: str) -> str | None:
        """A header of the last response."""
        assert self.stream.response is not None
        return self.stream.response.headers.get(name)


class ReadingClient(ABC):
    """A client that reads a stream to its end.

    Attributes:
        name: what tests call it.
    """

    name: str

    def read(
        self,
        method: str,
        url: str,
        *,
        take: int | None = None,
        each: Callable[[Event], object] | None = None,
        **options: Any,
    ) -> Outcome:
        """Read a stream to its end or its error.

        Args:
            method: the HTTP method.
            url: the stream's.
            take: how many events to read, if not all.
            each: called with each event as it arrives, in the reader's thread.
            **options: the stream's.
        """
        return self._outcome(method, url, {"timeout": LIMIT, **options}, _Reader(take, each))

    @abstractmethod
    def _outcome(self, method: str, url: str, options: dict[str, Any], reader: _Reader) -> Outcome:
        """Have a stream read."""


@dataclass(frozen=True)
class _Reader:
    """Reads a stream to its end or its error."""

    take: int | None
    each: Callable[[Event], object] | None

    def read(self, stream: EventStream) -> Outcome:
        outcome = Outcome(stream)
        try:
            for event in stream:
                outcome.add(event, self.each)
                if len(outcome.events) == self.take:
                    break
        except SSEError as error:
            outcome.error = error
        finally:
            stream.close()
        return outcome

    async def aread(self, stream: AsyncEventStream) -> Outcome:
        outcome = Outcome(stream)
        try:
            async for event in stream:
                outcome.add(event, self.each)
                if len(outcome.events) == self.take:
                    break
        except SSEError as error:
            outcome.error = error
        finally:
            await stream.aclose()
        return outcome


class Blocking(ReadingClient):
    """The blocking client."""

    name = "blocking"

    def _outcome(self, method: str, url: str, options: dict[str, Any], reader: _Reader) -> Outcome:
        return reader.read(sse_client.stream(method, url, **options))


class Asyncio(ReadingClient):
    """The asyncio client."""

    name = "asyncio"

    def _outcome(self, method: str, url: str, options: dict[str, Any], reader: _Reader) -> Outcome:
        return asyncio.run(reader.aread(sse_client.astream(method, url, **options)))


class Httpx2(ReadingClient):
    """The blocking client on a client of httpx2."""

    name = "httpx2"

    def _outcome(self, method: str, url: str, options: dict[str, Any], reader: _Reader) -> Outcome:
        with sse_client.Client(httpx2.Client()) as client:
            return reader.read(client.stream(method, url, **options))


class AsyncHttpx2(ReadingClient):
    """The asyncio client on a client of httpx2."""

    name = "httpx2 in asyncio"

    def _outcome(self, method: str, url: str, options: dict[str, Any], reader: _Reader) -> Outcome:
        async def main() -> Outcome:
            async with sse_client.AsyncClient(httpx2.AsyncClient()) as client:
                return await reader.aread(client.stream(method, url, **options))

        return asyncio.run(main())


CLIENTS: tuple[ReadingClient, ...] = (Blocking(), Asyncio())
"""Those on the libraries that they use by themselves."""

EVERY_CLIENT = (*CLIENTS, Httpx2(), AsyncHttpx2())
