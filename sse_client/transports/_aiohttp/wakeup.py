"""Wakes a task that reads a stream, from another task or at a deadline."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from sse_client.transports.event_loops import not_in_a_task

__all__ = ["Wakeup"]


_NEVER = float("inf")  # monotonic seconds
_NONE = object()  # a sentinel instead of a task, which keeps other tasks out


class Wakeup:
    """Cancels the task that is in a stream, and withdraws the cancellation when it has arrived.

    Attributes:
        closed: whether `close` was called; after that nothing may be sent.
        inherited: whether this object was created before a fork, so that connection and loop belong to the parent.
        task: the task that is in the stream, set by the face that lets it in; None: no task is.
        cancelling: the number of cancellation requests that the task had before it entered.
        unsettled: whether `leave` has work to do when the task leaves.
        deadline: when the task's wait is cancelled (of `time.monotonic`), set by `arm`; None: never.
    """

    __slots__ = (
        "_cancelled",
        "_stopped",
        "_timer",
        "_waiting",
        "_wakes_at",
        "cancelling",
        "closed",
        "deadline",
        "inherited",
        "task",
        "unsettled",
    )

    current_task = staticmethod(asyncio.current_task)

    def __init__(self) -> None:
        self.closed = self.inherited = False
        self.deadline: float | None = None
        self.task: asyncio.Task[object] | None = None
        self.unsettled = False
        self.cancelling = 0
        self._cancelled = False
        self._stopped = False
        self._waiting: list[asyncio.Future[None]] = []
        self._wakes_at = _NEVER
        self._timer: asyncio.TimerHandle | None = None

    def forbid(self) -> None:
        """Let no task in any more; for a forked child, where ending the stream would affect the parent's."""
        self.closed = self.inherited = self._stopped = True
        self.task = cast("asyncio.Task[object]", _NONE)

    @staticmethod
    def is_cancellation(error: BaseException) -> bool:
        """Return whether an error is the cancellation of a task."""
        return isinstance(error, asyncio.CancelledError)

    def enter(self) -> None:
        """Let the current task in.

        Raises:
            RuntimeError: another task is in the stream, or there is no current task.
        """
        if self.inherited:
            raise RuntimeError("this stream belongs to the parent process: open another one after the fork")
        if self.task is not None:
            raise RuntimeError("this stream is being read by another task")
        try:
            self.task = task = asyncio.current_task()
        except RuntimeError:  # there is no event loop
            task = None
        if task is None:
            raise RuntimeError(not_in_a_task("aiohttp runs on asyncio alone")) from None
        self.cancelling = task.cancelling()

    def leave(self) -> None:
        """Let the task out, and wake those who wait for that."""
        if self._cancelled:
            self.caught()
        self.task = None
        self.unsettled = False
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def left(self) -> None:
        """Wait until the task has left, unless it is the current task."""
        if self.task is not None and self.task is not asyncio.current_task() and not self.inherited:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            self.unsettled = True
            await future

    def caught(self) -> bool:
        """Handle a CancelledError; return whether it came only from this object."""
        if not self._cancelled or self.task is None:
            return False
        self._cancelled = False
        return self.task.uncancel() <= self.cancelling

    def close(self) -> None:
        """Wake the task from its wait, and from all later ones."""
        self.closed = True
        if self.task is not None:
            self._cancel()

    def arm(self, deadline: float) -> None:
        """Cancel the task's wait at `deadline`."""
        self.deadline = deadline
        # A later deadline needs no timer of its own: it is checked when the earlier timer fires.
        if deadline < self._wakes_at:
            self._set(deadline)

    def stop(self) -> None:
        """Cancel nothing any more, neither at a deadline nor for `close`; the task may finish its work."""
        self._stopped = True
        self.deadline = None
        self._wakes_at = _NEVER
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = deadline
        # The loop may use another clock than `time.monotonic`, or one that stands still for a while.
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - time.monotonic()), self._ring)

    def _ring(self) -> None:
        deadline = self.deadline
        self._timer = None
        self._wakes_at = _NEVER
        if deadline is None:
            return
        if time.monotonic() < deadline:
            self._set(deadline)
            return
        self.deadline = None
        self._cancel()

    def _cancel(self) -> None:
        task = self.task
        if task is not None and not self._cancelled and not self._stopped and task is not asyncio.current_task():
            self._cancelled = self.unsettled = True
            task.cancel()
