"""A stream of events, whatever brings its bytes: the loop that connects, reads, hands out, and waits.

It is written once, as coroutines. A shell says how to open, to wait, and to be woken: `EventStream` by blocking,
`AsyncEventStream` by awaiting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from sse_client._clocks import Clocks
from sse_client._replay import Replay
from sse_client._session import Session
from sse_client.errors import SSEError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from sse_client._dialect import Dialect
    from sse_client._incoming import Incoming
    from sse_client.errors import ResponseError
    from sse_client.events import Event
    from sse_client.observer import Reason, Response, Stats
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["Stream"]

_T = TypeVar("_T")
_Http = TypeVar("_Http")

_NOTHING: Iterator[Event] = iter(())  # of no stream: it is at its end, and stays there


class _Closable(Protocol):
    """What wakes a reader. `closed`: nothing may be sent any more."""

    closed: bool


_Interrupt = TypeVar("_Interrupt", bound=_Closable)


class Stream(ABC, Generic[_Http, _Interrupt]):
    """One stream over all of its connections, less what waits.

    Args:
        http: returns the transport's session, when it is needed.
        request: what the caller asks for.
        options: how.
        dialect: what counts as a stream.
        interrupt: what wakes a reader, and knows whether `close` was called.
    """

    __slots__ = (
        "__weakref__",
        "_batch",
        "_clocks",
        "_connection",
        "_http",
        "_interrupt",
        "_options",
        "_reason",
        "_replay",
        "_response",
        "_session",
        "_state",
        "_watched",
    )

    def __init__(
        self,
        http: Callable[[], _Http],
        request: Request,
        options: Options,
        dialect: Dialect,
        interrupt: _Interrupt,
    ) -> None:
        self._http = http
        self._options = options
        self._interrupt = interrupt
        self._replay = Replay()
        self._session = Session(request, options, dialect)
        self._clocks = Clocks(options.timeout)
        self._connection: Incoming | None = None
        self._batch = self._watched = _NOTHING
        self._response: Response | None = None
        self._state: Literal["connecting", "open", "closed"] = "connecting"
        self._reason: Reason | None = None

    def __repr__(self) -> str:
        state = self._state if self._reason is None else f"closed ({self._reason})"
        return f"<{type(self).__name__} {state}: {self._session.name}>"

    @property
    def response(self) -> Response | None:
        """The head of the current connection's response, or of the last one's; None before the first."""
        return self._response

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded, not of what lies parsed behind it."""
        return self._session.last_event_id

    @property
    def reconnection_time(self) -> int | None:
        """Milliseconds that the server asked for with `retry`; None if it did not."""
        return self._session.reconnection_time

    @property
    def tail(self) -> str:
        """What has arrived on this connection and is not dispatched; see `Parser.tail`."""
        return self._session.tail

    @property
    def state(self) -> Literal["connecting", "open", "closed"]:
        """`connecting` until a response is there, and again from a loss to the next one; `open`; `closed`."""
        return self._state

    @property
    def reason(self) -> Reason | None:
        """Why it is closed, in the words of `Closed`; None if it is not."""
        return self._reason

    @property
    def stats(self) -> Stats:
        """Counts up to now."""
        return self._session.stats

    # What a shell adds.

    @abstractmethod
    def _headers(self, http: _Http) -> Mapping[str, Any]:
        """Return the headers that the transport's session adds by itself."""

    async def _asked(self, prepared: object) -> object:
        """Return what `prepare` has returned; a shell that can wait awaits it first."""
        return prepared

    @abstractmethod
    async def _open(self, http: _Http, request: Request) -> Incoming:
        """Send `request`, and return the answer."""

    @abstractmethod
    async def _within(self, deadline: float | None, work: Awaitable[_T], url: str) -> _T:
        """Await `work`, until the deadline (of `time.monotonic`).

        Raises:
            ConnectionFailed: it was reached.
        """

    @abstractmethod
    async def _sleep(self, seconds: float) -> None:
        """Wait, but not longer than until `close`."""

    @abstractmethod
    async def _release(self) -> None:
        """Let go, when it is over, of what was there for this stream alone."""

    # The loop.

    async def _advance(self, *, until_open: bool) -> Event | None:
        """Go on until there is an event, or until the connection is open, or until it is over."""
        while self._state != "closed":
            if self._interrupt.closed:
                await self._finish("closed")
            elif self._connection is None:
                await self._connect()
            elif until_open:
                break
            else:
                for event in self._watched:
                    return event
                found = await self._read(self._connection)
                if found is not None:
                    return found
        return None

    async def _connect(self) -> None:
        self._state = "connecting"
        http = self._http()
        request = self._session.completed(await self._asked(self._session.attempt()), self._headers(http))
        self._clocks.attempt()
        deadline = self._clocks.deadline
        try:
            connection = await self._within(deadline, self._open(http, request), request.url)
        except SSEError as error:
            await self._lose(error)
            return
        self._connection = connection
        self._response = connection.response
        # Outside of any `try`: what the caller's observer raises is no loss of the connection.
        refusal = self._session.opened(connection.response)
        if refusal is not None:
            await self._lose(await self._told(refusal, connection, deadline))
        elif self._session.over is None:
            self._state = "open"
        else:
            await self._finish(self._session.over)

    async def _told(self, refusal: ResponseError, connection: Incoming, deadline: float | None) -> SSEError:
        """Return `refusal` with the body that comes along with it; the error of a clock, if one runs out before."""
        excerpt = connection.excerpt(self._session.body_limit)
        try:
            refusal.body = await self._within(deadline, excerpt, connection.response.url)
        except SSEError as late:
            return late
        return refusal

    async def _read(self, connection: Incoming) -> Event | None:
        """Read once, and take what came, be it the end; return the first event of it."""
        session = self._session
        session.exhausted()  # this calls the caller's checkpoint, and what that raises is no loss
        try:
            if session.over is not None:
                data = b""
            elif self._clocks.used:
                data = await self._in_time(connection)
            else:
                data = await connection.read()
            events = session.feed(data) if data and not self._interrupt.closed else None
        except SSEError as error:
            await self._lose(error)
            return None
        if events is None:
            await self._end_body()
            return None
        if session.watched:
            # The caller's own code runs in it: inside the shell, as one reader.
            self._watched = events
        else:
            self._batch = events
        for event in events:
            if self._clocks.used:
                self._clocks.pause(event=session.progressed)
            return event
        return None

    def _in_time(self, connection: Incoming) -> Awaitable[bytes]:
        """Return what reads, with the limits of its time."""
        self._clocks.wait()
        return self._within(self._clocks.deadline, connection.read(), connection.response.url)

    async def _end_body(self) -> None:
        """Take the end of the body, or of what is wanted of it."""
        session = self._session
        if self._interrupt.closed:
            return
        if session.over is None:
            # It may be that a clock has ended it.
            loss = self._clocks.overdue() or session.ended()
            if loss is not None:
                await self._lose(loss)
                return
        assert session.over is not None
        await self._finish(session.over)

    async def _lose(self, error: SSEError) -> None:
        """Let go of the connection, and wait until it is time for the next.

        Raises:
            SSEError: the error itself, or that of a clock that ran out, where it is final.
        """
        self._disconnect()
        if self._closing():
            return
        late = self._clocks.overdue()
        if late is not None:
            late.__cause__, error = error, late
        self._state = "connecting"
        delay = self._session.lost(error)
        if self._closing():
            return  # by the caller's own code, which has just run
        self._clocks.afford(delay, error)
        await self._sleep(delay)
        self._clocks.afford(0, error)

    def _closing(self) -> bool:
        # To a type checker, an attribute is still what it was when it was looked at last.
        return self._interrupt.closed

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _finish(self, reason: Reason, error: BaseException | None = None) -> None:
        """Be closed from now on, once, and say why."""
        if self._state == "closed":
            return
        self._state = "closed"
        self._reason = reason
        self._batch = self._watched = _NOTHING
        try:
            if self._connection is not None and reason in {"until", "no content"}:
                await self._connection.drain()
        finally:
            self._disconnect()
            try:
                await self._release()
            finally:
                self._session.closed(reason, error)
