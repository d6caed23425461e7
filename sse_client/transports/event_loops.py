"""Finds out which event loop runs: asyncio, trio, or one that is not supported."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["not_in_a_task", "running_loop", "running_loop_itself", "turn"]


def running_loop() -> str | None:
    """Return the name of the library whose event loop runs here; None if no known one does."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return "trio"
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001  (documented, for libraries)
        return "asyncio"
    curio: Any = sys.modules.get("curio")
    return "curio" if curio is not None and curio.meta.curio_running() else None


def not_in_a_task(why: str) -> str:
    """Return the error message for a caller outside of a task in which the transport can run.

    Args:
        why: the event loops that the transport supports.
    """
    found = running_loop()
    if found == "trio":
        return f"{why}, and this is trio: pass an httpx2.AsyncClient to AsyncClient, of sse-client[httpx]"
    if found not in {None, "asyncio"}:
        return f"{why}, and this is {found}, which no transport supports: use asyncio or trio"
    return "expected to be awaited in a task of a running event loop, as by asyncio.run()"


def running_loop_itself() -> object:
    """Return the event loop of asyncio that runs here, or trio's token of its run.

    Raises:
        RuntimeError: there is none.
    """
    if running_loop() == "trio":
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


async def turn() -> None:
    """Let the other tasks of the event loop run, if it is that of asyncio or trio."""
    loop = running_loop()
    if loop == "trio":
        import trio

        await trio.lowlevel.checkpoint()
    elif loop == "asyncio":
        import asyncio

        await asyncio.sleep(0)
