"""The interface between a stream and an HTTP library: open a request, read its body, sleep, and be woken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.request import Request

__all__ = ["AsyncWakeup", "Transport"]


class Transport(Protocol):
    """Sends one stream's requests and reads its responses. The stream calls the transport, never the other way round.

    The coroutines of a blocking transport block instead of waiting; see `run_sync`.

    Attributes:
        closed: whether `close` was called; after that nothing may be sent, and a reader wakes.
    """

    closed: bool

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Await the result of the caller's `prepare`, and return it.

        Raises:
            TypeError: this transport cannot await it.
            ConnectionFailed: the deadline passed first.
        """
        ...

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response, its body unread.

        Args:
            request: the request to send.
            resume: the value of `Last-Event-ID`, unless the request has one of its own; empty: there is none.
            limits: the time limits.

        Raises:
            SSEError: there is no response.
            ValueError: the request cannot be sent as it is.
            RuntimeError: the client is closed, or belongs to another process or event loop.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close` is called."""
        ...

    async def release(self) -> None:
        """Release the resources of this stream; called once, when the stream has ended."""
        ...


class _Task(Protocol):
    def cancelling(self) -> int: ...


class _Abandoned(Protocol):
    def abandon(self) -> None: ...


class AsyncWakeup(Protocol):
    """Lets one task at a time into an asynchronous stream, and wakes it.

    Attributes:
        closed: whether `close` was called.
        task: the task that is in the stream; None if no task is.
        cancelling: the number of cancellation requests that the task had before it entered.
        unsettled: whether `leave` has work to do when the task leaves.
    """

    closed: bool
    task: Any
    cancelling: int
    unsettled: bool

    @property
    def body(self) -> _Abandoned | None:
        """The last response's body, which is abandoned if nobody closes the stream."""
        ...

    @property
    def current_task(self) -> Callable[[], _Task | None]:
        """Returns the current task. If there is none, it returns None or raises RuntimeError."""
        ...

    def is_cancellation(self, error: BaseException) -> bool:
        """Return whether `error` is the cancellation of a task."""
        ...

    def enter(self) -> None:
        """Let the current task in.

        Raises:
            RuntimeError: another task is in the stream, or there is no current task.
        """
        ...

    def forbid(self) -> None:
        """Let no task in any more; for a forked child, where ending the stream would affect the parent's."""
        ...

    def leave(self) -> None:
        """Let the task out, and wake those who wait for that."""
        ...

    async def left(self) -> None:
        """Wait until the task has left, unless it is the current task."""
        ...

    def caught(self) -> bool:
        """Handle a cancellation; return whether it came only from this object."""
        ...

    def close(self) -> None:
        """Wake the task from its wait, and from all later ones."""
        ...
