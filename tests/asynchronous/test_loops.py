"""Other event loops, and debug mode."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Timeout
from sse_client.aio import AsyncClient, astream
from sse_client.testing import STALL, Server

from .kit import ONE

if TYPE_CHECKING:
    from collections.abc import Callable

uvloop: Any = pytest.importorskip("uvloop")


@pytest.mark.parametrize("factory", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_it_works_in_any_loop_and_in_debug_mode(factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    complaints: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        with Server([*ONE, STALL], events=50, drop_after=20, retry=0) as server:
            events = astream("GET", server.url, timeout=Timeout(total=30))
            assert (await anext(events)).data == "1"
            task = asyncio.create_task(anext(events, None))
            await asyncio.sleep(0.05)
            await events.aclose()
            assert await task is None
            async with AsyncClient() as client:
                streams = [client.get(f"{server.url}/events") for _ in range(20)]
                counts = await asyncio.gather(*(count(each) for each in streams))
                assert counts == [50] * 20
            await asyncio.to_thread(server.close)

    async def count(events: Any) -> int:
        return len([event async for event in events])

    with asyncio.Runner(debug=True, loop_factory=factory) as runner:
        runner.run(main())
    assert complaints == []
