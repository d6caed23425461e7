"""Runs the first step of an asynchronous generator so that the event loop does not learn of the generators inside."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

__all__ = ["first_step"]


class first_step:  # noqa: N801  (it is awaited like a coroutine function's call)
    """Awaits the first item of a generator that iterates over others.

    At the end of `asyncio.run`, the event loop closes all generators that it knows at the same time. A generator that
    is closed then closes the inner ones, which the loop is also closing at that moment, and Python complains. If the
    loop knows only the outermost generator, that one closes the others in order.

    Args:
        pieces: the generator; its first step must start the inner ones before it waits for anything.
        known: whether the loop learns of the outermost generator. It need not if closing it does not wait; then trio
            does not complain about a dropped generator.
    """

    def __init__(self, pieces: AsyncIterator[bytes], *, known: bool = True) -> None:
        self._pieces = pieces
        self._known = known

    def __await__(self) -> Generator[Any, Any, bytes]:
        step = self._pieces.__anext__().__await__() if self._known else None
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            if step is None:
                step = self._pieces.__anext__().__await__()
            waits = next(step)
        except StopIteration as done:
            piece: bytes = done.value
            return piece
        finally:
            sys.set_asyncgen_hooks(*hooks)
        return (yield from _resumed(step, waits))


def _resumed(step: Any, waits: Any) -> Generator[Any, Any, bytes]:
    """Continue an awaitable that has been started; yield first what it waits for."""
    while True:
        try:
            sent = yield waits
        except BaseException as error:  # noqa: BLE001  (a cancellation, say: it goes where the wait is)
            resume, value = step.throw, error
        else:
            resume, value = step.send, sent
        try:
            waits = resume(value)
        except StopIteration as done:
            piece: bytes = done.value
            return piece
