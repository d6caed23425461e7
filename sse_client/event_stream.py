"""A blocking event stream, read in the thread that iterates over it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from sse_client._core.failures import forget_context
from sse_client._core.run_sync import run_sync
from sse_client._core.status import StreamStatus

if TYPE_CHECKING:
    from types import TracebackType

    from sse_client._core.handler_calls import HandlerCalls
    from sse_client._core.stream import StreamLoop
    from sse_client.events import Event
    from sse_client.observer import Reason
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["EventStream"]


class EventStream(StreamStatus):
    """The events of one stream, as an iterator and a context manager; `Client.stream` and others return it.

    Entering the stream, or the first `next`, connects. The iteration ends at the event that `until` names, at a 204,
    when `close` is called, and, if the stream is not resumed, at the end of the body. A thread may continue an
    iteration that another one began, but only one thread may read at a time.

    Raises:
        SSEError: when entered or iterated over; `sse_client.errors` lists the errors, and which ones are retried first.
        ValueError: the request cannot be sent, or `prepare` or the checkpoint returned a value that cannot.
        TypeError: `prepare` or the checkpoint returned a value of a wrong type.
        RuntimeError: two threads iterate at once, or the stream was opened before this process was forked.
    """

    __slots__ = ("_calls", "_turn", "_wakeup")

    def __init__(self, loop: StreamLoop, wakeup: Wakeup) -> None:
        self._loop = loop
        self._wakeup = wakeup
        self._turn = threading.Lock()
        self._calls: HandlerCalls | None = None  # the handler calls of the subscription that reads this stream

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        # The cheapest way to get the next item of an iterator that may be exhausted.
        for event in self._loop.batch:
            return event
        # `run_sync` inlined: a live event costs a tenth less.
        found: Event | None = None
        turn = self._turn
        if turn.acquire(blocking=False):
            try:
                found = self._loop.read_live()
                if found is None:
                    self._loop.advance().send(None)
            except StopIteration as done:
                found = done.value
            except BaseException as error:
                forget_context(error)
                run_sync(self._loop.finish("error", error))
                raise
            finally:
                turn.release()
            # Checked afterwards: a thread that closes the stream meanwhile leaves the finishing to this thread.
            if found is not None and not self._wakeup.closed:
                return found
        self._leave()
        raise StopIteration

    def __enter__(self) -> Self:
        entered = self._turn.acquire(blocking=False)
        if entered:
            try:
                run_sync(self._loop.advance(until_open=True))
            except BaseException as error:
                # After an exception in the middle of a step, the stream cannot be resumed.
                forget_context(error)
                run_sync(self._loop.finish("error", error))
                raise
            finally:
                self._turn.release()
        if self._wakeup.closed or not entered:
            self._leave()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the stream, from any thread or signal handler: a reader wakes at once, and nothing is sent afterwards.

        In a process that was forked while the stream was open, this closes only the child's copy.
        """
        self._wakeup.close()
        self._end("closed")
        if self._calls is not None and not self._wakeup.inherited:
            self._calls.settle()

    def _leave(self) -> None:
        """Finish the work left to a thread that could not read, or that leaves the stream without an event.

        Raises:
            RuntimeError: another thread is reading.
        """
        if self._wakeup.inherited:
            raise RuntimeError("this stream belongs to the process that opened it: open another one after a fork")
        if self._wakeup.closed:
            # Another thread has closed the stream meanwhile. It leaves the finishing to this thread, which was reading.
            self._end("closed")
        elif self._loop.state != "closed":
            raise RuntimeError("this stream is being read by another thread")

    def _end(self, reason: Reason) -> None:
        """Finish from outside, unless a thread is reading: that thread finishes the stream itself."""
        if self._turn.acquire(blocking=False):
            try:
                run_sync(self._loop.finish(reason))
            finally:
                self._turn.release()
