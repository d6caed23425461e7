"""Keeps one event loop in a thread for each `ChatBatch` of a process, however often it is called or unpickled."""

from __future__ import annotations

import asyncio
import atexit
import threading
from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai.batch._asking import Asking, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sse_client.adapters.openai.batch._row import Answer

__all__ = ["close", "runner"]

_runners: dict[str, Runner] = {}
_lock = threading.Lock()


class Runner:
    """The thread with the event loop and the connections of a `ChatBatch`.

    Args:
        plan: the checked arguments of the batch.
    """

    def __init__(self, plan: Plan) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sse_client chat batch", daemon=True)
        self._thread.start()
        self._asking = self._wait(_entered(plan))

    def answers(self, rows: Iterable[tuple[Mapping[str, Any], str | None]]) -> list[Answer]:
        """Return the answers to `rows`, in their order. Any thread may call it, several at once."""
        answers: list[Answer] = self._wait(self._asking.answer_all(rows))
        return answers

    def close(self) -> None:
        """Close the connections, and end the thread."""
        self._wait(self._asking.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Any) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise


async def _entered(plan: Plan) -> Asking:
    return await Asking(plan).__aenter__()


def runner(token: str, plan: Plan) -> Runner:
    """Return the runner of this process for a `ChatBatch`, which is created by the first call."""
    with _lock:
        if token not in _runners:
            _runners[token] = Runner(plan)
        return _runners[token]


def close(token: str) -> None:
    """End the runner of a `ChatBatch`, if this process has one."""
    with _lock:
        found = _runners.pop(token, None)
    if found is not None:
        found.close()


def _close_all() -> None:
    for token in list(_runners):
        close(token)


atexit.register(_close_all)
