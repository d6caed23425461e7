"""Limits and progress that all workers of a Dask cluster share, kept by its scheduler."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

try:
    from distributed import SchedulerPlugin, WorkerPlugin
except ImportError as error:
    raise ImportError("limits and progress of a Dask cluster need Dask: pip install 'sse-client[dask]'") from error

from sse_client.adapters.openai.batch.limit import ClockedBudget, check_shared
from sse_client.adapters.openai.batch.progress import BatchProgress

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DaskLimit", "DaskProgress"]

_workers: list[Any] = []
"""The worker of this process; chats run in a thread of their own, where `distributed.get_worker` finds none."""


class DaskLimit:
    """A limit on requests and tokens per minute for a whole cluster.

    Args:
        client: a `distributed.Client`; it is used in this process, and not pickled.
        requests_per_minute: more than 0; None, the default, for no limit.
        tokens_per_minute: tokens of prompts and answers, more than 0; None, the default, for no limit.
        burst: after a pause, the budget of this many seconds may be used at once, 0 or more; 1 by default.
        name: the name of the limit; `DaskLimit`s of the same name share it for as long as the scheduler runs.

    Raises:
        ValueError: a number is not positive, or the limit of that name has other numbers.
    """

    def __init__(
        self,
        client: Any,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        *,
        burst: float = 1.0,
        name: str = "chat",
    ) -> None:
        budget = ClockedBudget(requests_per_minute, tokens_per_minute, burst)
        self._name = f"sse_client_{name}"
        client.register_plugin(_Budgets(self._name, budget))
        client.register_plugin(_Here())
        found = client.sync(getattr(client.scheduler, self._name), operation="numbers", tokens=0)
        check_shared(name, budget.numbers(), found)

    async def reserve(self, tokens: int) -> float:
        """Reserve one request of about `tokens` tokens; return the seconds until it may be sent."""
        seconds: float = await self._ask("take", tokens)
        return seconds

    async def settle(self, tokens: int) -> None:
        """Correct the budget by the `tokens` used beyond those reserved; negative if fewer were used."""
        await self._ask("settle", tokens)

    async def _ask(self, operation: str, tokens: int) -> Any:
        worker = _here()
        asked = getattr(worker.scheduler, self._name)(operation=operation, tokens=tokens)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, worker.loop.asyncio_loop))


class DaskProgress:
    """Reports progress as events of a topic, for `distributed.Client.subscribe_topic`.

    Args:
        client: a `distributed.Client`; it is used in this process, and not pickled.
        report: called with each `BatchProgress` of any worker, in a thread of the client; None to read the topic
            yourself.
        topic: the name of the topic.
    """

    def __init__(
        self,
        client: Any,
        report: Callable[[BatchProgress], object] | None = None,
        *,
        topic: str = "sse_client chat",
    ) -> None:
        self._topic = topic
        client.register_plugin(_Here())
        if report is not None:

            def received(event: Any) -> None:
                report(_progress(event[1]))

            client.subscribe_topic(topic, received)

    def __call__(self, progress: BatchProgress) -> None:
        """Send a report to the scheduler."""
        _here().log_event(self._topic, asdict(progress))


def _progress(event: Any) -> BatchProgress:
    """Return the report in an event; the scheduler adds the sender to it."""
    return BatchProgress(**{each.name: event[each.name] for each in fields(BatchProgress)})


def _here() -> Any:
    """Return the worker of this process.

    Raises:
        RuntimeError: this process is not a Dask worker.
    """
    if not _workers:
        raise RuntimeError("expected to run in a Dask worker: here, use RateLimit and a progress function")
    return _workers[-1]


class _Here(WorkerPlugin):
    name = "sse_client"
    idempotent = True

    def setup(self, worker: Any) -> None:
        _workers.append(worker)

    def teardown(self, worker: Any) -> None:
        _workers.remove(worker)


class _Budgets(SchedulerPlugin):
    idempotent = True

    def __init__(self, name: str, budget: ClockedBudget) -> None:
        self.name = name
        self._budget = budget

    async def start(self, scheduler: Any) -> None:
        scheduler.handlers[self.name] = self._handle

    def _handle(self, operation: str, tokens: int) -> Any:
        if operation == "numbers":
            return self._budget.numbers()
        if operation == "take":
            return self._budget.take(tokens)
        self._budget.settle(tokens)
        return None
