"""A stream that is read in a task of its own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Comment, Event, StatusError
from sse_client.aio import AsyncClient, AsyncSubscription, astream
from sse_client.testing import STALL, Server, reply, stream

from .kit import ONE, PROMPT, run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

FIVE = stream([b"data: %d\n\n" % number for number in range(1, 6)])


def with_client(script: list[Any], test: Callable[[AsyncClient, str], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        with Server(script) as server:
            async with AsyncClient() as client:
                await test(client, server.url)
            await asyncio.to_thread(server.close)

    run(main)


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_a_handler_is_called_with_each_event_until_the_end(kind: str) -> None:
    seen: list[str] = []

    def plain(event: Event) -> None:
        seen.append(event.data)

    async def coroutine(event: Event) -> None:
        await asyncio.sleep(0)
        seen.append(event.data)

    async def test(client: AsyncClient, url: str) -> None:
        subscription = client.subscribe("POST", url, plain if kind == "plain" else coroutine)
        assert await subscription.join(5)
        assert await subscription.join()
        assert seen == ["1", "2", "3", "4", "5"]
        assert subscription.error is None
        assert subscription.stream.reason == "end"
        assert repr(subscription) == f"<AsyncSubscription of <AsyncEventStream closed (end): POST {url}>>"

    with_client(FIVE, test)


def test_events_picks_types() -> None:
    seen: list[str] = []

    async def test(client: AsyncClient, url: str) -> None:
        async with client.subscribe("POST", url, lambda event: seen.append(event.event), events=["b"]) as subscription:
            await subscription.join()
        assert seen == ["b"]

    with_client(stream([b"event: a\ndata: 1\n\n", b"event: b\ndata: 2\n\n", b"data: 3\n\n"]), test)


def test_comments_are_handled_beside_types() -> None:
    seen: list[Any] = []

    async def test(client: AsyncClient, url: str) -> None:
        async with client.subscribe("POST", url, seen.append, comments=True, events=["b"]) as subscription:
            await subscription.join()
        assert seen == [Comment("c"), Event("2", "b")]

    with_client(stream([b":c\n\ndata: 1\n\nevent: b\ndata: 2\n\n"]), test)


def test_a_bounded_queue_holds_the_stream_back_and_nothing_is_lost() -> None:
    async def test(client: AsyncClient, url: str) -> None:
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=2)
        subscription = client.subscribe("POST", url, queue.put)
        await asyncio.sleep(0.1)
        assert queue.full()
        assert not await subscription.join(0)
        assert [(await queue.get()).data for _ in range(5)] == ["1", "2", "3", "4", "5"]
        await subscription.join()

    with_client(FIVE, test)


def test_aclose_wakes_the_reader() -> None:
    async def test(client: AsyncClient, url: str) -> None:
        begun = asyncio.Event()
        subscription = client.subscribe("POST", url, lambda _: begun.set())
        await begun.wait()
        await subscription.aclose()
        assert await subscription.join(PROMPT)
        assert (subscription.error, subscription.stream.reason) == (None, "closed")

    with_client([*ONE, STALL], test)


def test_a_handler_that_runs_is_not_interrupted_and_nothing_follows_it() -> None:
    async def test(client: AsyncClient, url: str) -> None:
        begun, go = asyncio.Event(), asyncio.Event()
        done: list[str] = []

        async def handler(event: Event) -> None:
            begun.set()
            await go.wait()
            done.append(event.data)

        subscription = client.subscribe("POST", url, handler)
        await begun.wait()
        await subscription.aclose()
        assert not await subscription.join(0.05)
        go.set()
        await subscription.join()
        assert done == ["1"]

    with_client(FIVE, test)


def test_the_handler_may_close() -> None:
    async def test(client: AsyncClient, url: str) -> None:
        made: list[AsyncSubscription] = []
        seen: list[str] = []

        async def handler(event: Event) -> None:
            seen.append(event.data)
            await made[0].aclose()

        made.append(client.subscribe("POST", url, handler))
        await made[0].join()
        assert seen == ["1"]

    with_client(FIVE, test)


def test_an_exception_of_the_handler_ends_it_and_is_its_error(caplog: pytest.LogCaptureFixture) -> None:
    async def test(client: AsyncClient, url: str) -> None:
        wrong = LookupError("mine")

        def handler(_: Event) -> None:
            raise wrong

        subscription = client.subscribe("POST", url, handler)
        await subscription.join()
        assert subscription.error is wrong
        assert subscription.stream.state == "closed"

    with caplog.at_level(logging.ERROR, "sse_client"):
        with_client(FIVE, test)
    assert "ended: LookupError('mine')" in caplog.text


def test_an_error_of_the_stream_is_its_error() -> None:
    async def test(client: AsyncClient, url: str) -> None:
        subscription = client.subscribe("POST", url, print)
        await subscription.join()
        assert isinstance(subscription.error, StatusError)

    with_client(reply(404), test)


@pytest.mark.parametrize(("handler", "events"), [(None, None), (5, None), (print, "odd"), (print, 5)])
def test_a_handler_or_types_of_another_kind_are_refused_at_once(handler: Any, events: Any) -> None:
    async def test(client: AsyncClient, url: str) -> None:
        with pytest.raises(TypeError):
            client.subscribe("POST", url, handler, events=events)

    with_client([], test)


def test_the_end_of_the_loop_cancels_it(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[AsyncSubscription] = []

    async def main(url: str) -> None:
        kept.append(AsyncSubscription(astream("POST", url), print))
        await asyncio.sleep(0.1)

    with Server([STALL]) as server:
        asyncio.run(main(server.url))
        assert kept[0].stream.state == "closed"
        assert isinstance(kept[0].error, asyncio.CancelledError)
    assert "subscription to" not in caplog.text
