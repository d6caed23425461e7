"""Waking a task that reads a stream: from another task, or at a deadline."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Interrupt"]


class Interrupt:
    """Cancels the task that is in a stream, and takes the cancellation back where it comes out.

    Attributes:
        closed: whether `close` was called: nothing may be sent any more.
        waiter: what a task waits for that is in the stream without `enter`: to wake it, this future is enough.
        deadline: when what the task waits for is cancelled (of `time.monotonic`), set by `expect`; None: never.
    """

    __slots__ = (
        "_cancelled",
        "_cancelling",
        "_leaving",
        "_stopped",
        "_task",
        "_timer",
        "_wakes_at",
        "closed",
        "deadline",
        "waiter",
    )

    def __init__(self) -> None:
        self.closed = False
        self.deadline: float | None = None
        self.waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0  # requests of others' before this task came in
        self._cancelled = False
        self._stopped = False
        self._leaving: list[asyncio.Future[None]] = []
        self._wakes_at = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a task is in the stream."""
        return self._task is not None or self.waiter is not None

    def enter(self) -> None:
        """Take the current task.

        Raises:
            RuntimeError: another one is in the stream, or there is none.
        """
        if self.busy:
            raise RuntimeError("this stream is being read by another task")
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is None:
            raise RuntimeError("expected to be awaited in a task of a running event loop, as by asyncio.run()")
        self._task = task
        self._cancelling = task.cancelling()

    def leave(self) -> None:
        """Let the task go."""
        self.caught()
        self._task = self.waiter = None
        if self._leaving:
            waiting, self._leaving = self._leaving, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def left(self) -> None:
        """Wait until the task has gone, if it is not the current one."""
        if self.waiter is not None or (self._task is not None and self._task is not asyncio.current_task()):
            future = asyncio.get_running_loop().create_future()
            self._leaving.append(future)
            await future

    def caught(self) -> bool:
        """Take note of a CancelledError; return whether it came from here, and from nobody else too."""
        if not self._cancelled or self._task is None:
            return False
        self._cancelled = False
        return self._task.uncancel() <= self._cancelling

    def close(self) -> None:
        """Wake the task from what it waits for, and from all later waits."""
        self.closed = True
        if self.waiter is None:
            self._cancel()
        elif not self.waiter.done():
            self.waiter.set_result(None)

    def expect(self, deadline: float) -> None:
        """Cancel what the task waits for at `deadline`."""
        self.deadline = deadline
        # A later deadline needs no timer of its own: there is a look at it when the earlier one is over.
        if deadline < self._wakes_at:
            self._set(deadline)

    def stop(self) -> None:
        """Cancel nothing any more, neither at a deadline nor for `close`: what the task still does, it is to finish."""
        self._stopped = True
        self.deadline = None
        self._wakes_at = float("inf")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = deadline
        # The loop's own clock may be another one, or stand still for a while.
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - time.monotonic()), self._ring)

    def _ring(self) -> None:
        deadline = self.deadline
        self._timer = None
        self._wakes_at = float("inf")
        if deadline is None:
            return
        if time.monotonic() < deadline:
            self._set(deadline)
            return
        self.deadline = None
        self._cancel()

    def _cancel(self) -> None:
        task = self._task
        if task is not None and not self._cancelled and not self._stopped and task is not asyncio.current_task():
            self._cancelled = True
            task.cancel()
