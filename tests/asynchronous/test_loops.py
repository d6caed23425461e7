"""Other event loops, and debug mode."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import trustme

from sse_client import ConnectionFailed, DeadlineExceeded, IdleTimeout, Timeout
from sse_client.aio import AsyncClient, astream
from sse_client.testing import RESET, STALL, Server, Wait, chunk

from .kit import ONE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sse_client.aio import AsyncEventStream

    Loop = Callable[[], asyncio.AbstractEventLoop]

uvloop: Any = pytest.importorskip("uvloop")


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest) -> Loop:
    """What makes the loop."""
    factory: Loop = request.param
    return factory


def run(loop: Loop, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main` in a loop in debug mode, and check that it has nothing to complain of."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await main()

    with asyncio.Runner(debug=True, loop_factory=loop) as runner:
        runner.run(watched())
    assert complaints == []


async def count(events: AsyncEventStream) -> int:
    return len([event async for event in events])


def test_it_works_in_any_loop_and_in_debug_mode(loop: Loop) -> None:
    async def main() -> None:
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

    run(loop, main)


@pytest.mark.parametrize("script", [[STALL], [*ONE, STALL]], ids=["the head", "an event"])
def test_a_cancellation_ends_what_is_waited_for(loop: Loop, script: list[Any]) -> None:
    async def main() -> None:
        with Server(script) as server:
            events = astream("POST", server.url)
            if len(script) > 1:
                await anext(events)
            task = asyncio.create_task(anext(events))
            await asyncio.to_thread(server.wait_for, 1)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert events.state == "closed"
            await asyncio.to_thread(server.close)

    run(loop, main)


def test_the_limits_of_time_are_kept(loop: Loop) -> None:
    async def main() -> None:
        limits = [Timeout(read=0.2), Timeout(event=0.2), Timeout(total=0.2)]
        for timeout, error in zip(limits, [IdleTimeout, IdleTimeout, DeadlineExceeded], strict=True):
            for script in ([STALL], [*ONE, STALL]):
                with Server(script) as server:
                    with pytest.raises(error):
                        await count(astream("POST", server.url, timeout=timeout))
                    await asyncio.to_thread(server.close)

    run(loop, main)


def test_a_reset_is_a_lost_connection_behind_what_came_before_it(loop: Loop) -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), RESET]) as server:
            events = astream("POST", server.url)
            assert (await anext(events)).data == "1"
            task = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            seen.set()
            with pytest.raises(ConnectionFailed, match="reset"):
                await task

    run(loop, main)


def test_a_stream_over_tls_is_read_and_woken(loop: Loop) -> None:
    authority: Any = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)

    async def main() -> None:
        with Server([*ONE, *(chunk(b"data: 2\n\n") for _ in range(1000)), STALL], tls=theirs) as server:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ours))
            async with AsyncClient(session) as client:
                events = client.get(server.url)
                assert [(await anext(events)).data for _ in range(1001)] == ["1", *["2"] * 1000]
                task = asyncio.create_task(anext(events, None))
                await asyncio.sleep(0.05)
                await events.aclose()
                assert await task is None
            await asyncio.to_thread(server.close)

    run(loop, main)
