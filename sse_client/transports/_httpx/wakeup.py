"""Wakes a task that reads a stream, under asyncio and trio alike, by a cancel scope around each wait."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel

from sse_client._core.failures import no_data
from sse_client._core.response_body import TURN
from sse_client.errors import ConnectionFailed
from sse_client.transports.event_loops import not_in_a_task, running_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

__all__ = ["ScopedWakeup"]

_LONGEST = 1e9  # seconds; event loops accept no longer times


class _Task:
    """The interface that tasks of asyncio and trio have in common."""

    __slots__ = ("task",)

    def __init__(self, task: object) -> None:
        self.task = task

    def cancelling(self) -> int:
        """Return 0, because a scope catches only its own cancellation."""
        return 0


class ScopedWakeup:
    """Cancels a task's wait, at a deadline or on `close`; see `AsyncWakeup`.

    Attributes:
        closed: whether `close` was called; after that nothing may be sent.
        task: the task that is in the stream; None if no task is.
        cancelling: always 0.
        unsettled: whether `leave` has work to do when the task leaves.
        scope: the cancel scope of the task's current wait; None if it does not wait.
        kind: the class of cancel scopes on this event loop; None before the first wait.
        clock_offset: the offset from `time.monotonic` to the clock of the event loop, which may be another clock.
        runs_on: the error message's description of the supported event loops.
    """

    runs_on = "httpx runs on asyncio and trio"

    def __init__(self) -> None:
        self.closed = False
        self.task: _Task | None = None
        self.cancelling = 0
        self.unsettled = False
        self.scope: anyio.CancelScope | None = None
        self.kind: Any = None
        self.clock_offset = 0.0
        self._process = os.getpid()
        self._left: list[anyio.Event] = []

    @property
    def inherited(self) -> bool:
        """Whether this object was created before a fork, so that its connections belong to the parent."""
        return os.getpid() != self._process

    def forbid(self) -> None:
        """Let no task in any more; for a forked child, where ending the stream would affect the parent's."""
        self.closed = True
        self.task = _Task(None)

    def current_task(self) -> _Task | None:
        """Return the current task; None if there is none."""
        task = _current_task()
        return None if task is None else _Task(task)

    def is_cancellation(self, error: BaseException) -> bool:
        """Return whether an error is the cancellation of a task."""
        return running_loop() is not None and isinstance(error, anyio.get_cancelled_exc_class())

    def enter(self) -> None:
        """Register the current task as the reader; see `AsyncWakeup.enter`."""
        if self.inherited:
            raise RuntimeError("this stream belongs to the parent process: open another one after the fork")
        if self.task is not None:
            raise RuntimeError("this stream is being read by another task")
        self.task = self.current_task()
        if self.task is None:
            raise RuntimeError(not_in_a_task(self.runs_on))

    def leave(self) -> None:
        """Let the task out, and wake those who wait for that."""
        self.task = None
        self.unsettled = False
        waiting, self._left = self._left, []
        for event in waiting:
            event.set()

    async def left(self) -> None:
        """Wait until the task has left, unless it is the current task."""
        if self.task is not None and self.task.task is not _current_task() and not self.inherited:
            event = anyio.Event()
            self._left.append(event)
            self.unsettled = True
            await event.wait()

    def caught(self) -> bool:
        """Return False: a cancellation that reaches the public stream object did not come from here."""
        return False

    def close(self) -> None:
        """Wake the task from its wait, and from all later ones."""
        self.closed = True
        if self.scope is not None:
            self.scope.cancel()

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Await the result of `prepare`; return None at the deadline, and when the stream is closed."""
        with self.waiting(deadline):
            return await prepared
        return None

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close` is called."""
        if not self.closed:
            with self.waiting():
                await anyio.sleep(min(seconds, _LONGEST))

    async def next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        """Run the next of `steps` in a thread; return its result, None at the end.

        Raises:
            ConnectionFailed: the stream was closed.
        """
        from anyio import to_thread  # loaded with the first body that needs it

        with self.waiting():
            return await to_thread.run_sync(next, steps, None)
        raise ConnectionFailed("the stream was closed")

    async def check(self, since: float, deadline: float | None, url: str) -> float:
        """Check during decoding that the stream is open, and that its deadline has not passed; give other tasks a turn.

        Args:
            since: the time of their last turn, by `time.monotonic`.
            deadline: the deadline of the read; None: no limit.
            url: the response's URL, for the error.

        Returns:
            The time of their last turn.

        Raises:
            ConnectionFailed: the stream was closed, or the deadline has passed.
        """
        now = time.monotonic()
        if now - since > TURN:
            with self.waiting():
                await anyio.lowlevel.checkpoint()
            since = time.monotonic()
        if self.closed:
            raise ConnectionFailed("the stream was closed")
        if deadline is not None and now >= deadline:
            raise no_data(url)
        return since

    def waiting(self, deadline: float | None = None) -> AbstractContextManager[anyio.CancelScope, bool]:
        """Wait within this block; afterwards, the scope's `cancelled_caught` says whether the wait was ended early.

        Args:
            deadline: when to end the wait, by `time.monotonic`.

        Raises:
            ConnectionFailed: the stream is already closed.
        """
        if self.closed:
            raise ConnectionFailed("the stream was closed", sent=False)
        return _Wait(self, deadline)


class _Wait:
    """One wait of a stream: a cancel scope, which `close` finds while it lasts."""

    __slots__ = ("_scope", "_wakeup")

    def __init__(self, wakeup: ScopedWakeup, deadline: float | None) -> None:
        # Cached, because finding out at each wait which event loop runs would cost more than parsing an event.
        kind = wakeup.kind
        if kind is None:
            wakeup.clock_offset = anyio.current_time() - time.monotonic()
            kind = wakeup.kind = _scope_class()
        self._scope = kind(deadline=math.inf if deadline is None else deadline + wakeup.clock_offset)
        self._wakeup = wakeup

    def __enter__(self) -> anyio.CancelScope:
        scope: anyio.CancelScope = self._scope.__enter__()
        self._wakeup.scope = scope
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._wakeup.scope = None
        return bool(self._scope.__exit__(kind, error, traceback))


def _scope_class() -> Any:
    """Return the class of cancel scopes of the running event loop."""
    if running_loop() == "trio":
        import trio

        return trio.CancelScope  # anyio's cancel scope would be a wrapper around it
    return type(anyio.CancelScope())


def _current_task() -> Any:
    """Return the current task of asyncio or trio; None if there is none."""
    loop = running_loop()
    if loop == "trio":
        import trio

        return trio.lowlevel.current_task()
    if loop == "asyncio":
        import asyncio

        return asyncio.current_task()
    return None
