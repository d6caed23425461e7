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
    """Requests and tokens a minute of a whole cluster.

    Args:
        requests_per_minute: more than 0; None, the default, for no limit.
        tokens_per_minute: of prompts and answers, more than 0; None, the default, for no limit.
        burst: seconds' worth that may be taken at once after a pause, 0 or more; 1 by default.
        name: of the limit; `RayLimit`s with the same one share it.

    Raises:
        ValueError: a number is not positive, or the limit of that name has others.
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
        """Take one request of about `tokens` tokens; return the seconds until it may be sent."""
        seconds: float = await self._actor.take.remote(tokens)
        return seconds

    async def settle(self, tokens: int) -> None:
        """Correct the budget by `tokens` that were used more than was reserved."""
        await self._actor.settle.remote(tokens)


class RayProgress:
    """Adds up progress from all workers: `total()` is what a progress bar shows.

    Args:
        name: of the total; `RayProgress`es with the same one share it.
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


# An actor ends with the handle that made it; those that found it by its name do not keep it alive. A cell of a notebook
# that is run again drops the first after it has got the second.
_handles: list[Any] = []


def _kept(name: str, kind: type, *arguments: Any) -> Any:
    """Return the actor of this name, made if there is none.

    It takes no CPU, is restarted when its host dies, and lives as long as this process, if that made it.
    """
    actor: Any = ray.remote(kind)
    options = {"name": name, "get_if_exists": True, "num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
    handle = actor.options(**options).remote(*arguments)
    _handles.append(handle)
    return handle
