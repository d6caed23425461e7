"""The loop that connects, reads, yields and waits: written once, as coroutines, for every transport."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from sse_client._core.deadlines import NO_DEADLINES, Deadlines, Limits
from sse_client._core.delivery import EXHAUSTED
from sse_client._core.failures import forget_context
from sse_client._core.response_body import LONG
from sse_client._core.session import Session, checked
from sse_client.errors import ContentTypeError, SSEError

if TYPE_CHECKING:
    from sse_client._core.response_body import ResponseBody
    from sse_client._core.states import State
    from sse_client._core.stream_format import StreamFormat
    from sse_client._core.transport import Transport
    from sse_client.errors import ResponseError
    from sse_client.events import Event
    from sse_client.observer import Reason, Response
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["StreamLoop"]


class StreamLoop:
    """One stream over all of its connections.

    A public stream class (the face) holds a loop, and lets one thread or task at a time into it. The blocking face runs
    the coroutines with `run_sync`; the asynchronous face awaits them.

    Args:
        transport: sends requests and reads responses.
        request: the caller's request.
        options: the caller's options.
        stream_format: the rules for what counts as a stream.

    Attributes:
        batch: events that have arrived, which a face may yield without entering the loop.
        delivery: turns the bytes that arrive into events.
        response: the head of the current response, or of the last one; None before the first.
        session: decides what happens to the stream.
        state: `connecting`, `open` or `closed`; see `states`.
        reason: why the stream was closed; None while it is not closed.
    """

    __slots__ = (
        "_body",
        "_deadlines",
        "_failed",
        "_limits",
        "_max_event_size",
        "_prepares",
        "_transport",
        "_watched",
        "batch",
        "delivery",
        "reason",
        "response",
        "session",
        "state",
    )

    def __init__(self, transport: Transport, request: Request, options: Options, stream_format: StreamFormat) -> None:
        self.session = Session(request, options, stream_format)
        self.delivery = self.session.delivery
        self.batch = self._watched = EXHAUSTED
        self.response: Response | None = None
        self.state: State = "connecting"
        self.reason: Reason | None = None
        self._transport = transport
        self._prepares = options.prepare is not None
        self._max_event_size = options.max_event_size
        self._limits = Limits(options.timeout.connect, options.timeout.read, None)  # without a deadline
        spans = options.timeout.first, options.timeout.event, options.timeout.total
        self._deadlines = NO_DEADLINES if spans == (None, None, None) else Deadlines(options.timeout, request.url)
        self._body: ResponseBody | None = None
        self._failed: SSEError | None = None

    def read_live(self) -> Event | None:
        """Read once, without a coroutine, and return the event that the data completes; None if `advance` is needed.

        The blocking client reads live streams with this method: with `advance`, an event would cost a seventh more (5
        of 36 µs, system calls included).
        """
        body, delivery, deadlines = self._body, self.delivery, self._deadlines
        if body is None or not body.blocks or delivery.attentive or self.state != "open" or self._transport.closed:
            return None
        try:
            data = body.read_blocking(deadlines.start() if deadlines.used else None)
            if data and not self._transport.closed:
                self.batch = events = delivery.feed(data)
                for event in events:
                    if deadlines.used:
                        deadlines.stop(event=delivery.progressed)
                    return event
        except SSEError as error:
            self._failed = _from_here(error)
        return None

    async def advance(self, *, until_open: bool = False) -> Event | None:
        """Connect, read and wait until there is an event, and return it; None when the stream has ended.

        Args:
            until_open: return None as soon as there is a connection.

        Raises:
            SSEError: the stream was lost, and is not resumed.
            ValueError, TypeError: the request cannot be sent, or `prepare` or the checkpoint returned a malformed
                value.
        """
        session, delivery, deadlines = self.session, self.delivery, self._deadlines
        while self.state != "closed":
            lost, self._failed = self._failed, None
            body = self._body
            if self._transport.closed:
                await self.finish("closed")
            elif body is None:
                lost = await self._connect()
            elif until_open:
                break
            else:
                if delivery.attentive:
                    for event in self._watched:
                        return event
                    lost = session.consumed()
                try:
                    deadline = deadlines.start() if deadlines.used else None
                    usual = (body.rest is None or not body.has_part()) and (deadline is None or monotonic() < deadline)
                    data = (
                        b""
                        if session.ending or lost
                        else await (body.read(deadline) if usual else self._read_rest(body, deadline))
                    )
                    data = body.parted(data) if usual and len(data) > LONG and body.shares_loop else data
                    events = delivery.feed(data) if data and not self._transport.closed else EXHAUSTED
                except SSEError as error:
                    lost = _from_here(error)
                else:
                    if delivery.watched:
                        # Yielding an event runs the caller's code: inside the loop, by one reader at a time.
                        self._watched = events
                    else:
                        self.batch = events
                    for event in events:
                        if deadlines.used:
                            deadlines.stop(event=delivery.progressed)
                        return event
                    if not data and lost is None:
                        lost = await self._end_body()
            if lost is not None and (lost := await self._handle_loss(lost)) is not None:
                try:
                    raise lost
                finally:
                    del lost  # its traceback would keep this frame, and so the stream, alive
        return None

    async def finish(self, reason: Reason, error: BaseException | None = None) -> None:
        """End the stream, once: close the connection, release the transport, and report to the observer."""
        if self.state == "closed":
            return
        self.state = "closed"
        self.reason = reason
        self.batch = self._watched = EXHAUSTED
        try:
            if self._body is not None and reason in {"until", "no content"}:
                await self._body.drain()
                self._body = None  # `drain` has closed it
        finally:
            if self._body is not None:
                await self._disconnect()
            try:
                await self._transport.release()
            finally:
                self.session.closed(reason, error)

    async def _connect(self) -> SSEError | None:
        """Make the next connection; return the error if that failed, else None."""
        self.state = "connecting"
        session, deadlines, limits = self.session, self._deadlines, self._limits
        if deadlines.used:
            deadlines.start_attempt()
        request = session.request
        asked = session.attempt()
        if self._prepares:
            from inspect import isawaitable  # takes longer to import than the whole core; few streams have `prepare`

            if isawaitable(asked):
                asked = await self._transport.resolve(asked, deadlines.deadline)
                if asked is None and self._transport.closed:
                    return None
                if asked is None and (late := deadlines.overdue()) is not None:
                    return late
            request = checked(asked)
        if deadlines.used:
            limits = limits._replace(connect=deadlines.to_connect, deadline=deadlines.deadline)
        try:
            body = await self._transport.open(request, session.resume, limits)
        except SSEError as error:
            return _from_here(error)
        self._body = body
        if body.coded:
            body.limit_inflation(self.delivery, self._max_event_size, session.format.event_cost)
        self.response = body.response
        # Outside of any `try`, because an exception of the caller's observer is not a lost connection.
        refusal = session.opened(body)
        sniff = session.format.sniff
        if isinstance(refusal, ContentTypeError) and sniff is not None:
            from sse_client._core.sniffed_body import SniffedBody  # most servers name the content type

            self._body = body = sniffed = SniffedBody(body)
            try:
                is_stream = await sniffed.sniff(sniff, limits.deadline)
            except SSEError as error:
                return _from_here(error)
            if is_stream:
                refusal = session.opened(body, sniffed=True)
        if refusal is not None:
            return await self._with_body(refusal, body, limits.deadline)
        if session.ending is None:
            self.state = "open"
        else:
            await self.finish(session.ending)
        return None

    async def _with_body(self, refusal: ResponseError, body: ResponseBody, deadline: float | None) -> SSEError:
        """Return the error for a response that is not a stream, with its body; or the error of reading that body."""
        limit = self.session.body_limit
        if limit is not None:
            refusal.body = await body.read_excerpt(limit, deadline)
            return refusal
        try:
            refusal.body = await body.read_whole(deadline)
        except SSEError as error:
            # An incomplete response is not returned. If the status is bad, it matters more than the body.
            return _from_here(error) if isinstance(refusal, ContentTypeError) else refusal
        return refusal

    async def _end_body(self) -> SSEError | None:
        """Handle the end of the body, or the last event wanted; return the error if it is a loss."""
        session = self.session
        lost = None
        if session.ending is None and not self._transport.closed:
            lost = self._deadlines.overdue() or session.ended()
        if session.ending is not None:
            await self.finish(session.ending)
        return lost

    async def _handle_loss(self, error: SSEError) -> SSEError | None:
        """Close the connection, and wait until it is time for the next; return the error to raise if there is none."""
        await self._disconnect()
        deadlines = self._deadlines
        if self._closing():
            return None
        late = deadlines.overdue()
        if late is not None:
            late.__cause__, error = error, late
        self.state = "connecting"
        delay = self.session.lost(error)
        if delay is None:
            return error
        if self._closing():
            return None  # the caller's own code, which has just run, closed it
        late = deadlines.check_total(delay, error)
        if late is None:
            await self._transport.sleep(delay)
            late = deadlines.check_total(0, error)
        return late

    async def _read_rest(self, body: ResponseBody, deadline: float | None) -> bytes:
        """Return more of what the last read received, unless a deadline has passed.

        Raises:
            SSEError: a deadline has passed. A body that always has more data would never wait for it.
        """
        if deadline is not None and (late := self._deadlines.overdue()) is not None:
            raise late
        return await body.read_rest(deadline)

    def _closing(self) -> bool:
        # A call, because a type checker assumes that an attribute keeps the value that it was last compared with.
        return self._transport.closed

    async def _disconnect(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            if body.closes_by_awaiting:
                await body.aclose()
            else:
                body.close()


def _from_here(error: SSEError) -> SSEError:
    """Return `error` without the traceback entry of the frame that caught it, which raises it again if it is final.

    Nor does it keep the errors that were suppressed on its way: observers see it before its reader does.
    """
    forget_context(error)
    traceback = error.__traceback__
    return error.with_traceback(None if traceback is None else traceback.tb_next)
