"""Runs a coroutine that never waits, so that the blocking client shares the asyncio client's loop.

The loop of both clients is written once, as coroutines. In the blocking client, whatever a coroutine awaits has already
blocked by the time it returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run_sync"]

_T = TypeVar("_T")


def run_sync(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end without an event loop, and return its result.

    Raises:
        RuntimeError: the coroutine waits for something that only an event loop can provide.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: _T = done.value
        return result
    coroutine.close()
    raise RuntimeError("expected a coroutine that does not wait, got one that does")
