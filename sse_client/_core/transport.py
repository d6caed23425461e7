"""The interface between a stream and an HTTP library: open a request, read its body, sleep, and be woken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sse_client._core.response_body import ResponseBody
    from sse_client.request import Request

__all__ = ["AsyncWakeup", "Limits", "Transport"]


class Limits(NamedTuple):
    """How long opening a request, and reading its response, may take.

    Attributes:
        connect: seconds to make a connection: name lookup, every address, proxy and TLS together; None: no limit.
        silence: seconds without a byte after which the connection counts as dead; None: no limit.
        deadline: when the response's head must be there, by `time.monotonic`; None: no limit.
    """

    connect: float | None
    silence: float | None
    deadline: float | None


class Transport(Protocol):
    """One stream's way to the network. The stream calls down; a transport never calls back.

    A blocking transport has blocked by the time that its coroutines return; see `run_sync`.

    Attributes:
        closed: whether `close` was called: nothing may be sent after it, and a reader wakes.
    """

    closed: bool

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Return what the caller's `prepare` returns once it is awaited.

        Raises:
            TypeError: this transport cannot wait for it.
            ConnectionFailed: the deadline passed first.
        """
        ...

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response, its body unread.

        Args:
            request: what is asked for.
            resume: the value of `Last-Event-ID`, unless the request has one of its own; empty: there is none.
            limits: how long it may take.

        Raises:
            SSEError: there is no response.
            ValueError: the request cannot be sent as it is.
            RuntimeError: the client is closed, or belongs to another process or event loop.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close`."""
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
        task: the task that is in the stream; None: no task is.
        cancelling: the requests to cancel that task that others had made before it came in.
        unsettled: whether `leave` has something to do when the task leaves.
    """

    closed: bool
    task: Any
    cancelling: int
    unsettled: bool

    @property
    def body(self) -> _Abandoned | None:
        """The last response's body, which is abandoned with a stream that nobody closes."""
        ...

    @property
    def current_task(self) -> Callable[[], _Task | None]:
        """Returns the task that runs. Without one it returns None, or raises RuntimeError."""
        ...

    def is_cancellation(self, error: BaseException) -> bool:
        """Return whether `error` is the cancellation of a task."""
        ...

    def enter(self) -> None:
        """Take the current task.

        Raises:
            RuntimeError: another one is in the stream, or there is none.
        """
        ...

    def forbid(self) -> None:
        """Let no task in any more, in a process that was just forked: ending the stream would reach the parent's."""
        ...

    def leave(self) -> None:
        """Release the task; wake those who wait for that."""
        ...

    async def left(self) -> None:
        """Wait until the task has left, if it is not the current one."""
        ...

    def caught(self) -> bool:
        """Handle a cancellation; return whether it came from here, and from nobody else too."""
        ...

    def close(self) -> None:
        """Wake the task from its wait, and from all later ones."""
        ...
