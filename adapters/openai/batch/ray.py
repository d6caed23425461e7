"""Limits and progress that all workers of a Ray cluster share, kept by an actor."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sse_client.adapters.openai.batch.limit import ClockedBudget, check_shared
from sse_client.adapters.openai.batch.progress import BatchProgress, Total

__all__ = ["RayLimit", "RayProgress"]

try:
    ray: Any = import_module("ray")
except ImportError as error:
    raise ImportError("limits and progress of a Ray cluster need Ray: pip install 'sse-client[ray]'") from error


class RayLimit:
    """A limit on requests and tokens per minute for a whole cluster.

    Args:
        requests_per_minute: more than 0; None, the default, for no limit.
        tokens_per_minute: tokens of prompts and answers, more than 0; None, the default, for no limit.
        burst: after a pause, the budget of this many seconds may be used at once, 0 or more; 1 by default.
        name: the name of the limit; `RayLimit`s of the same name share it.

    Raises:
        ValueError: a number is not positive, or the limit of that name has other numbers.
    """

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        *,
        burst: float = 1.0,
        name: str = "chat",
    ) -> None:
        arguments = (requests_per_minute, tokens_per_minute, burst)
        ClockedBudget(*arguments)  # raises here, not in the actor, if an argument is wrong
        self._actor = _kept(f"sse_client {name} limit", ClockedBudget, *arguments)
        check_shared(name, arguments, ray.get(self._actor.numbers.remote()))

    async def reserve(self, tokens: int) -> float:
        """Reserve one request of about `tokens` tokens; return the seconds until it may be sent."""
        seconds: float = await self._actor.take.remote(tokens)
        return seconds

    async def settle(self, tokens: int) -> None:
        """Correct the budget by the `tokens` used beyond those reserved; negative if fewer were used."""
        await self._actor.settle.remote(tokens)


class RayProgress:
    """Adds up progress from all workers; `total()` is the number for a progress bar.

    Args:
        name: the name of the total; `RayProgress` objects of the same name share it.
    """

    def __init__(self, name: str = "chat") -> None:
        self._actor = _kept(f"sse_client {name} progress", Total)

    def __call__(self, progress: BatchProgress) -> None:
        """Send a report to the actor."""
        self._actor.add.remote(progress)

    def total(self) -> BatchProgress:
        """Return what all workers have reported so far."""
        found: BatchProgress = ray.get(self._actor.total.remote())
        return found


# An actor ends with the handle that created it; handles found by name do not keep it alive. If a notebook cell is run
# again, the first handle is dropped only after the second has been found.
_handles: list[Any] = []


def _kept(name: str, kind: type, *arguments: Any) -> Any:
    """Return the actor of this name; create it if there is none.

    It reserves no CPU, is restarted when its host dies, and, if this process created it, lives as long as the process.
    """
    actor: Any = ray.remote(kind)
    options = {"name": name, "get_if_exists": True, "num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
    handle = actor.options(**options).remote(*arguments)
    _handles.append(handle)
    return handle
