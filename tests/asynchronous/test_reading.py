"""Reading what aiohttp holds: all at once where it can be reached, and as aiohttp documents it where not."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client import ConnectionFailed, EventTooLarge, IdleTimeout
from sse_client.aio import AsyncClient, astream
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, Wait, chunk, head, stream
from sse_client.transports._aiohttp.live_body import _as_expected, _Protocol, _Trial, reachable

from .kit import ONE, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiohttp.client_middlewares import ClientHandlerType

    from sse_client.testing import Step

FRAMINGS: list[Literal["chunked", "length", "close"]] = ["chunked", "length", "close"]


def unreachable(content: aiohttp.StreamReader) -> bool:
    return False


@pytest.fixture
def _anew() -> Iterator[None]:
    _as_expected.cache_clear()
    yield
    _as_expected.cache_clear()


@pytest.fixture(params=[True, False], ids=["at once", "as aiohttp documents it"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How aiohttp is read."""
    if not request.param:
        monkeypatch.setattr("sse_client.transports._aiohttp.live_body.reachable", unreachable)
    return str(request.node.name)


# What aiohttp holds


def test_the_aiohttp_that_is_installed_can_be_reached() -> None:
    async def main() -> None:
        assert reachable(_Trial().reader)

    run(main)


def nothing_is_woken(self: Any, data: bytes, size: int = 0) -> None:
    self._buffer.append(data)
    self._size += len(data)
    self.total_bytes += len(data)


def more_is_kept_in_mind(self: Any, n: int) -> bytes:
    data = b"".join(self._buffer)
    self._buffer.clear()
    self._size = 0
    self._cursor += len(data)
    self._eof_counter += 1
    return data


@pytest.mark.usefixtures("_anew")
@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        pytest.param("_read_nowait", more_is_kept_in_mind, id="keeps more in mind"),
        pytest.param("feed_data", nothing_is_woken, id="wakes otherwise"),
        pytest.param("begin_http_chunk_receiving", None, id="has other methods"),
    ],
)
def test_an_aiohttp_that_is_otherwise_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, otherwise: Callable[..., Any] | None
) -> None:
    monkeypatch.setattr(aiohttp.StreamReader, name, otherwise)

    async def main() -> None:
        assert not reachable(_Trial().reader)

    run(main)


def test_a_reader_of_another_kind_or_over_another_connection_is_left_alone() -> None:
    class Other(aiohttp.StreamReader):
        __slots__ = ()

    async def main() -> None:
        protocol: Any = _Protocol()
        other: Any = SimpleNamespace(connected=True)
        loop = asyncio.get_running_loop()
        assert not reachable(Other(protocol, 4, loop=loop))
        assert not reachable(aiohttp.StreamReader(other, 4, loop=loop))

    run(main)


@given(st.lists(st.one_of(st.just("begin"), st.just("end"), st.just("take"), st.binary(max_size=9)), max_size=30))
def test_what_is_taken_and_what_is_left_is_as_with_read_nowait(steps: list[str | bytes]) -> None:
    async def main() -> None:
        ours, theirs = _Trial(), _Trial()
        for reader in (ours.reader, theirs.reader):
            reader.begin_http_chunk_receiving()
        for step in steps:
            if step == "take" and ours.reader._buffer:  # else there is nothing to take
                assert ours.take() == theirs.reader.read_nowait()
            for reader in (ours.reader, theirs.reader):
                if step == "begin":
                    reader.begin_http_chunk_receiving()
                elif step == "end":
                    reader.end_http_chunk_receiving()
                elif isinstance(step, bytes):
                    reader.feed_data(step)
            assert ours.state() == theirs.state()

    asyncio.run(main())


# What the stream makes of it


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_burst_and_what_comes_one_by_one_are_read(way: str, framing: Literal["chunked", "length", "close"]) -> None:
    async def main() -> None:
        seen = threading.Event()
        begin, first, *rest = stream([b"data: %d\n\n" % number for number in range(5_000)], framing=framing)
        with Server([begin, first, Wait(seen), *rest]) as server:
            async with astream("POST", server.url) as events:
                assert (await anext(events)).data == "0"
                seen.set()
                assert [event.data async for event in events] == [str(number) for number in range(1, 5_000)]
                assert events.reason == "end"

    run(main)


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
def test_what_came_before_a_connection_broke_is_read_first(way: str, end: Step) -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), chunk(b"data: 2\n\n"), chunk(b"data: 3\n\n"), end]) as server:
            events = astream("POST", server.url)
            assert (await anext(events)).data == "1"
            waiting = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            seen.set()
            got: list[str] = []

            async def rest() -> None:
                got.append((await waiting).data)
                async for event in events:
                    got.append(event.data)

            with pytest.raises(ConnectionFailed):
                await rest()
            assert got in ([["2", "3"]] if end is CLOSE else [["2", "3"], ["2"], []])

    run(main)


def test_silence_behind_an_event_is_an_idle_timeout(way: str) -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            events = astream("POST", server.url, timeout=(5, 0.2))
            assert (await anext(events)).data == "1"
            with pytest.raises(IdleTimeout):
                await anext(events)
            await asyncio.to_thread(server.close)

    run(main)


def test_a_timer_that_rings_looks_at_when_the_wait_that_is_on_began(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            events = astream("POST", server.url, timeout=(5, 60))
            await anext(events)
            waiting = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            connection: Any = events._loop._body
            connection._timer.cancel()
            connection._ring()
            assert connection._timer is not None
            await asyncio.sleep(0)
            assert not waiting.done()
            later = monotonic() + 61
            monkeypatch.setattr("sse_client.transports._aiohttp.live_body.monotonic", lambda: later)
            connection._timer.cancel()
            connection._ring()
            with pytest.raises(IdleTimeout):
                await waiting
            await asyncio.to_thread(server.close)

    run(main)


def test_silence_while_the_consumer_is_busy_does_not_count(way: str) -> None:
    async def main() -> None:
        first, second = threading.Event(), threading.Event()
        script: list[Step] = [
            head(),
            Wait(first),
            chunk(b"data: 1\n\n"),
            Wait(second),
            chunk(b"data: 2\n\n"),
            LAST_CHUNK,
        ]
        with Server(script) as server:
            async with astream("POST", server.url, timeout=(5, 0.2)) as events:
                waiting = asyncio.create_task(anext(events))
                await asyncio.sleep(0.05)  # until it waits
                first.set()
                assert (await waiting).data == "1"
                await asyncio.sleep(0.4)  # longer than the silence that is allowed
                second.set()
                assert [event.data async for event in events] == ["2"]

    run(main)


def test_two_tasks_wait_one_after_the_other_and_aclose_wakes_the_second(way: str) -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), chunk(b"data: 2\n\n"), STALL]) as server:
            events = astream("POST", server.url)
            await anext(events)
            first = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await anext(events)
            seen.set()
            assert (await first).data == "2"
            second = asyncio.create_task(anext(events, None))
            await asyncio.sleep(0)
            await events.aclose()
            assert await second is None
            assert events.reason == "closed"
            await asyncio.to_thread(server.close)

    run(main)


def test_aclose_is_before_an_event_that_came_in_the_same_moment(way: str) -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            events = astream("POST", server.url)
            await anext(events)
            waiting = asyncio.create_task(anext(events, None))
            await asyncio.sleep(0)
            connection: Any = events._loop._body
            connection._content.feed_data(b"data: 2\n\n")
            await events.aclose()
            assert events.state == "closed"
            assert await waiting is None
            await asyncio.to_thread(server.close)

    run(main)


def test_framing_that_comes_in_pieces_is_read(way: str) -> None:
    async def main() -> None:
        go = [threading.Event() for _ in range(3)]
        script: list[Step] = [head(), b"9\r\n", b"data: 1\n", b"\n", Wait(go[0]), b"\r\n", Wait(go[1])]
        with Server([*script, b"9\r\ndata: 2", Wait(go[2]), b"\n\n\r\n", LAST_CHUNK]) as server:
            events = astream("POST", server.url)
            assert (await anext(events)).data == "1"
            waiting = asyncio.create_task(anext(events))
            for event in go:
                await asyncio.sleep(0.05)
                assert not waiting.done()
                event.set()
            assert (await waiting).data == "2"
            assert await anext(events, None) is None

    run(main)


def test_a_middleware_may_have_read_the_begin_of_the_body(way: str) -> None:
    async def peeking(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        response = await handler(request)
        assert await response.content.readexactly(3) == b": x"
        return response

    async def main() -> None:
        with Server(stream([b": x\ndata: 1\n\n", b"data: 2\n\n"])) as server:
            session = aiohttp.ClientSession(middlewares=(peeking,))
            async with AsyncClient(session) as client, client.post(server.url) as events:
                assert [event.data async for event in events] == ["1", "2"]

    run(main)


def test_an_event_that_is_too_large_is_an_error_behind_those_before_it(way: str) -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), chunk(b"data: 2\n\n"), chunk(b"data: " + b"x" * 1000)]) as server:
            events = astream("POST", server.url, max_event_size=100)
            assert (await anext(events)).data == "1"
            seen.set()
            assert (await anext(events)).data == "2"
            with pytest.raises(EventTooLarge):
                await anext(events)
            assert events.reason == "error"
            await asyncio.to_thread(server.close)

    run(main)
