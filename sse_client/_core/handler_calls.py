"""Calls a subscription's handler in one thread; once another thread has closed the stream, no further call begins."""

from __future__ import annotations

import dis
import functools
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.events import Event

__all__ = ["HandlerCalls"]

_PAUSE = 0.001  # seconds between two checks of the thread; each pause lets that thread run
_GRACE = 100  # checks within which a running handler may end
_LOOKS = 10_000  # checks after which `settle` gives up on a thread that never gets to run
_NESTED = 50  # nested calls of `settle`, by signal handlers that interrupt one another

# The offset of a function's first instruction, at which a thread may lose the GIL; None if there is none.
_RESUME = dis.opmap.get("RESUME")


class HandlerCalls:
    """The calls of one handler, in the thread that reads its stream.

    Between the check of `closed` and the handler's first line, the thread can lose the GIL, and no lock can be held
    exactly up to that line. So whoever closes the stream examines the thread: if it is about to enter the handler,
    closing waits until it has entered. No locks are used here, so a signal handler may interrupt this code anywhere.

    Args:
        handler: called with each event.
        closed: returns whether the stream is closed; checked before each call.
    """

    __slots__ = ("_calling", "_closed", "_handler", "_settling", "_thread")

    def __init__(self, handler: Callable[[Event], object], closed: Callable[[], bool]) -> None:
        self._handler = handler
        self._closed = closed
        self._calling = False
        self._settling = 0
        self._thread = 0

    def call(self, event: Event) -> tuple[bool, object]:
        """Call the handler unless the stream is closed; return whether it was called, and its result."""
        self._thread = threading.get_ident()
        # Set before `closed` is read; `settle` reads it after `closed` has been set.
        self._calling = True
        try:
            if self._closed():
                return False, None
            return True, self._enter(event)
        finally:
            self._calling = False

    def settle(self) -> None:
        """Return once no call can begin any more. Call it after the stream has been closed.

        It waits up to 0.1 s for a running handler to end.
        """
        if self._is_over() or self._thread == threading.get_ident():
            return
        self._settling += 1
        try:
            # A call that interrupts another one in the same thread waits no longer than necessary.
            grace = _GRACE if self._settling == 1 else 0
            for look in range(_LOOKS if self._settling <= _NESTED else 0):
                if self._is_over() or (look >= grace and self._has_begun()):
                    break
                time.sleep(_PAUSE)
        finally:
            self._settling -= 1

    def _enter(self, event: Event) -> object:
        return self._handler(event)

    def _is_over(self) -> bool:
        return not self._calling  # changed by another thread; a type checker would assume the earlier value

    def _has_begun(self) -> bool:
        """Return whether the thread is inside the handler, past its first instruction, or has ended."""
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001  (documented, for debuggers of deadlocks)
        if frame is None:
            return True
        inner: Any = None
        while frame is not None and frame.f_code is not HandlerCalls._enter.__code__:
            inner, frame = frame, frame.f_back
        # A frame inside `_enter` may belong to a tracer or to garbage collection, which may run before the call.
        if frame is None or frame.f_lasti < _offset_of_call():
            return False
        if inner is None:  # a handler that is not a Python function has no frame
            return True
        at: int = inner.f_lasti
        code: bytes = inner.f_code.co_code
        return at >= 0 and code[at] != _RESUME


@functools.cache
def _offset_of_call() -> int:
    """Return the offset in the bytecode of `_enter` at which it calls the handler."""
    instructions = dis.get_instructions(HandlerCalls._enter)  # noqa: SLF001
    return next(instruction.offset for instruction in instructions if instruction.opname.startswith("CALL"))
