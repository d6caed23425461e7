"""Cancelling and closing: at each await, from any task, at once, and with nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import weakref
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import pytest
import trustme

import sse_client
from sse_client import Closed, Lost, Reconnect, StatusError, Timeout
from sse_client._core.stream_format import EVENT_STREAM
from sse_client.aio import AsyncClient, AsyncEventStream, astream
from sse_client.observer import Response
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, Wait, chunk, head, reply, stream
from sse_client.transports._aiohttp.response_body import AiohttpBody
from sse_client.transports._aiohttp.wakeup import Wakeup

from .kit import ONE, PROMPT, Log, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from sse_client.testing import Step

LONG = Reconnect(initial_delay=60)


async def endless() -> AsyncIterator[bytes]:
    yield b"x" * 100_000
    await asyncio.sleep(60)


# What a reader waits for: the answer, options of the stream, and how many requests are in before it waits.
STATES: list[Any] = [
    pytest.param([STALL], {}, 1, id="the head"),
    pytest.param([head(), STALL], {}, 1, id="the first event"),
    pytest.param([head(200, {"Content-Encoding": "gzip"}), STALL], {}, 1, id="a compressed body"),
    pytest.param([*ONE, STALL], {}, 1, id="another event"),
    pytest.param([*ONE, CLOSE], {"reconnect": LONG}, 1, id="the next attempt"),
    pytest.param(reply(503), {"reconnect": LONG}, 1, id="the second attempt"),
    pytest.param([head(500), STALL], {}, 1, id="the body of a bad answer"),
    pytest.param([*ONE, STALL], {"until": "1"}, 1, id="what comes behind the last event"),
    pytest.param([STALL], {"data": endless}, 0, id="its own body"),
    pytest.param([STALL], {"timeout": Timeout(read=30, event=30, total=60)}, 1, id="the head, with clocks"),
    pytest.param([*ONE, STALL], {"timeout": Timeout(read=30, event=30, total=60)}, 1, id="an event, with clocks"),
]


def check(
    end: Callable[[asyncio.Task[list[Any]], AsyncEventStream], Awaitable[None]],
    script: list[Step],
    options: dict[str, Any],
    requests: int,
) -> None:
    """Start a reader, let it wait, and end it."""

    async def main() -> None:
        with Server(script) as server:
            log = Log()
            events = astream("POST", server.url, observer=log, **options)

            async def read() -> list[Any]:
                return [event async for event in events]

            task = asyncio.create_task(read())
            await asyncio.to_thread(server.wait_for, requests)
            await asyncio.sleep(0.1)  # until it waits
            begin = monotonic()
            await end(task, events)
            assert monotonic() - begin < PROMPT
            assert events.state == "closed"
            assert len([news for news in log.news if isinstance(news, Closed)]) == 1
            assert [event async for event in events] == []
            await asyncio.to_thread(server.close)

    run(main)


@pytest.mark.parametrize(("script", "options", "requests"), STATES)
def test_a_cancellation_is_prompt_and_leaves_nothing(
    script: list[Step], options: dict[str, Any], requests: int
) -> None:
    async def end(task: asyncio.Task[list[Any]], events: AsyncEventStream) -> None:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert events.reason in {"cancelled", "until"}

    check(end, script, options, requests)


@pytest.mark.parametrize(("script", "options", "requests"), STATES)
def test_aclose_wakes_a_reader_in_another_task(script: list[Step], options: dict[str, Any], requests: int) -> None:
    async def end(task: asyncio.Task[list[Any]], events: AsyncEventStream) -> None:
        await events.aclose()
        assert events.state == "closed"
        await task
        assert not task.cancelled()
        assert task.cancelling() == 0
        assert events.reason in {"closed", "until"}

    check(end, script, options, requests)


@pytest.mark.parametrize(("script", "options", "requests"), STATES)
def test_a_cancellation_and_aclose_at_once_are_a_cancellation(
    script: list[Step], options: dict[str, Any], requests: int
) -> None:
    async def end(task: asyncio.Task[list[Any]], events: AsyncEventStream) -> None:
        closing = asyncio.create_task(events.aclose())
        again = asyncio.create_task(events.aclose())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await closing
        await again

    check(end, script, options, requests)


@pytest.mark.parametrize(("script", "options", "requests"), STATES)
def test_asyncio_timeout_works_around_it(script: list[Step], options: dict[str, Any], requests: int) -> None:
    async def main() -> None:
        with Server(script) as server:
            events = astream("POST", server.url, **options)

            async def read() -> None:
                async with asyncio.timeout(0.15), events:
                    async for _ in events:
                        pass

            with pytest.raises(TimeoutError):
                await read()
            assert events.state == "closed"
            await asyncio.to_thread(server.close)

    run(main)


def test_aclose_lets_a_reader_finish_that_is_about_to() -> None:
    async def main() -> None:
        begun = asyncio.Event()
        go_on = asyncio.Event()

        async def slowly(close: Callable[[], Awaitable[None]]) -> None:
            begun.set()
            await go_on.wait()
            await close()

        with Server(reply(404)) as server:
            client = AsyncClient()
            events = client._stream("GET", server.url, {}, EVENT_STREAM, lambda: slowly(client.aclose))
            task = asyncio.create_task(anext(events, None))
            await begun.wait()
            closing = asyncio.create_task(events.aclose())
            await asyncio.sleep(0)
            go_on.set()
            with pytest.raises(StatusError):
                await task
            await closing
            await asyncio.to_thread(server.close)

    run(main)


def test_aclose_wakes_who_drains_from_outside_of_the_iteration() -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            async with AsyncClient() as client:
                events = client.get(server.url)
                await anext(events)
                draining = asyncio.create_task(events._end("until"))
                await asyncio.sleep(0)
                assert not draining.done()
                await events.aclose()
                await draining
                assert events.reason == "until"
                assert draining.cancelling() == 0
            await asyncio.to_thread(server.close)

    run(main)


def test_a_cancellation_of_who_drains_from_outside_of_the_iteration_comes_out() -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            async with AsyncClient() as client:
                events = client.get(server.url)
                await anext(events)
                draining = asyncio.create_task(events._end("until"))
                await asyncio.sleep(0)
                draining.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await draining
                assert events.state == "closed"
            await asyncio.to_thread(server.close)

    run(main)


def test_a_reader_that_connects_wakes() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            held: list[socket.socket] = []
            for _ in range(4):  # the queue is full: a connection is not made, and not refused
                sock = socket.socket()
                sock.setblocking(False)
                sock.connect_ex(full.getsockname())
                held.append(sock)
            events = astream("GET", f"http://127.0.0.1:{full.getsockname()[1]}/")
            task = asyncio.create_task(anext(events, None))
            await asyncio.sleep(0.1)
            await events.aclose()
            assert await task is None
            for sock in held:
                sock.close()

    run(main)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    ours, theirs = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(theirs)
    trust: Any = authority
    trust.configure_trust(ours)
    return ours, theirs


@pytest.mark.parametrize("script", [[STALL], [*ONE, STALL]], ids=["the head", "an event"])
def test_a_reader_of_a_tls_connection_wakes_and_the_socket_is_closed(script: list[Step], authority: trustme.CA) -> None:
    ours, theirs = tls(authority)

    async def main() -> None:
        with Server(script, tls=theirs) as server:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=ours))
            async with AsyncClient(session) as client:
                events = client.get(server.url)
                task = asyncio.create_task(anext(events, None))
                if len(script) > 1:
                    assert await task is not None
                    task = asyncio.create_task(anext(events, None))
                await asyncio.to_thread(server.wait_for, 1)
                await asyncio.sleep(0.1)
                begin = monotonic()
                await events.aclose()
                assert await task is None
                assert monotonic() - begin < PROMPT
            await asyncio.to_thread(server.close)

    run(main)


def test_a_certificate_that_is_not_trusted_proves_that_nothing_was_sent(authority: trustme.CA) -> None:
    _, theirs = tls(authority)

    async def main() -> None:
        with Server(tls=theirs) as server:
            with pytest.raises(sse_client.ConnectionFailed) as caught:
                await astream("POST", server.url, reconnect=False).__aenter__()
            assert not caught.value.sent
            server._errors.clear()
            await asyncio.to_thread(server.close)

    run(main)


def test_closing_between_two_events_drops_the_rest_of_the_batch() -> None:
    async def main() -> None:
        with Server(stream([b"data: 1\n\ndata: 2\n\n"])) as server:
            events = astream("POST", server.url)
            assert (await anext(events)).data == "1"
            await events.aclose()
            await events.aclose()
            assert await anext(events, None) is None
            assert events.reason == "closed"

    run(main)


def test_closing_before_it_was_opened_sends_nothing() -> None:
    async def main() -> None:
        with Server() as server:
            events = astream("POST", server.url)
            await events.aclose()
            async with events:
                assert events.state == "closed"
            assert server.connections == 0

    run(main)


def test_nothing_is_sent_between_two_redirects_after_aclose() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        closed = threading.Event()

        def redirecting(_: object) -> list[Step]:
            async def close() -> None:
                await events.aclose()
                closed.set()

            asyncio.run_coroutine_threadsafe(close(), loop)
            closed.wait(5)
            return reply(302, headers={"Location": "/b"})

        with Server(redirecting) as server:
            events = astream("GET", server.url)
            assert [event async for event in events] == []
            assert [request.path for request in server.requests] == ["/"]
            await asyncio.to_thread(server.close)

    run(main)


def test_the_body_itself_may_close_the_stream() -> None:
    async def main() -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"x"
            await events.aclose()
            yield b"y"

        with Server([STALL]) as server:
            events = astream("POST", server.url, data=body)
            assert [event async for event in events] == []
            assert events.reason == "closed"
            assert server.requests == []
            await asyncio.to_thread(server.close)

    run(main)


def test_the_callers_own_code_may_close_the_stream_through_another_task() -> None:
    async def main() -> None:
        closing: list[asyncio.Task[None]] = []

        def until(_: object) -> bool:
            closing.append(asyncio.create_task(events.aclose()))
            return False

        with Server([*ONE, STALL]) as server:
            events = astream("POST", server.url, until=until)
            assert [event.data async for event in events] == ["1"]
            await closing[0]
            assert events.reason == "closed"
            await asyncio.to_thread(server.close)

    run(main)


def test_two_tasks_cannot_read_at_once_and_the_first_goes_on() -> None:
    async def main() -> None:
        go = threading.Event()
        with Server([head(), Wait(go), chunk(b"data: 1\n\n"), LAST_CHUNK]) as server:
            events = astream("POST", server.url)
            task = asyncio.create_task(anext(events))
            await asyncio.to_thread(server.wait_for, 1)
            with pytest.raises(RuntimeError, match="another task"):
                await anext(events)
            go.set()
            assert (await task).data == "1"
            assert await anext(events, None) is None

    run(main)


def test_it_can_go_on_in_another_task() -> None:
    async def main() -> None:
        with Server([*ONE, chunk(b"data: 2\n\n"), STALL]) as server:
            async with astream("POST", server.url) as events:
                for number in "12":
                    assert (await asyncio.create_task(anext(events))).data == number
            await asyncio.to_thread(server.close)

    run(main)


def test_without_a_running_loop_it_says_so() -> None:
    events = astream("GET", "http://127.0.0.1:9/")
    with pytest.raises(RuntimeError, match="running event loop"):
        events.__anext__().send(None)
    with pytest.raises(RuntimeError, match="running event loop"):
        AsyncClient().subscribe("GET", "http://127.0.0.1:9/", print)


def test_outside_of_a_task_it_says_so() -> None:
    async def main() -> None:
        errors: list[BaseException] = []

        def step() -> None:
            try:
                astream("GET", "http://127.0.0.1:9/").__anext__().send(None)
            except RuntimeError as error:
                errors.append(error)

        asyncio.get_running_loop().call_soon(step)
        await asyncio.sleep(0)
        assert "in a task" in str(errors[0])

    run(main)


def test_a_client_belongs_to_one_loop() -> None:
    async def main() -> None:
        async def elsewhere() -> None:
            with pytest.raises(RuntimeError, match="another event loop"):
                await anext(client.get("http://127.0.0.1:9/"))

        with Server(reply(204)) as server:
            async with AsyncClient() as client:
                assert [event async for event in client.get(server.url)] == []
                await asyncio.to_thread(asyncio.run, elsewhere())

    run(main)


def test_a_client_that_is_closed_opens_nothing() -> None:
    async def main() -> None:
        client = AsyncClient()
        events = client.get("http://127.0.0.1:9/")
        await client.aclose()
        await client.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            client.get("http://127.0.0.1:9/")
        assert await anext(events, None) is None
        assert events.reason == "closed"

    run(main)


def test_closing_a_client_ends_its_streams() -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            client = AsyncClient(reconnect=Reconnect(initial_delay=0))
            events = client.get(server.url)
            assert (await anext(events)).data == "1"
            task = asyncio.create_task(anext(events, None))
            await asyncio.sleep(0.05)
            await client.aclose()
            assert await task is None
            assert events.reason == "closed"
            await asyncio.to_thread(server.close)

    run(main)


def test_a_session_closed_under_a_stream_is_an_error_that_says_so() -> None:
    async def main() -> None:
        with Server([*ONE, STALL]) as server:
            session = aiohttp.ClientSession()
            client = AsyncClient(session, reconnect=Reconnect(initial_delay=0))
            events = client.get(server.url)
            assert (await anext(events)).data == "1"
            task = asyncio.create_task(anext(events))
            await asyncio.sleep(0.05)
            await session.close()
            with pytest.raises((sse_client.SSEError, RuntimeError), match="closed"):
                await task
            await asyncio.to_thread(server.close)

    run(main)


@pytest.mark.parametrize("shared", [True, False], ids=["of a client", "of its own"])
def test_a_stream_that_is_dropped_goes_with_its_connection_and_complains_of_nothing(shared: bool) -> None:
    async def main() -> None:
        gone = threading.Event()

        def until_gone(_: object) -> Iterator[Step]:
            try:
                yield from ONE
                while True:
                    yield chunk(b":" * 10_000 + b"\n")
            finally:
                gone.set()

        with Server(until_gone) as server:
            async with AsyncClient() as client:
                async for _ in client.get(server.url) if shared else astream("GET", server.url):
                    break
                gc.collect()
                assert await asyncio.to_thread(gone.wait, 5)

    run(main)


@pytest.mark.parametrize(
    ("first", "timeout"),
    [
        pytest.param([*ONE, CLOSE], 5.0, id="cut off"),
        pytest.param([*ONE, RESET], 5.0, id="reset"),
        pytest.param([*ONE, b"no size\r\n"], 5.0, id="malformed"),
        pytest.param([*ONE, STALL], 1.0, id="silent"),
        pytest.param([b"HTTP/1.1 no status\r\n\r\n", CLOSE], 5.0, id="malformed in its head"),
        pytest.param([CLOSE], 5.0, id="closed before its head"),
        pytest.param([STALL], 1.0, id="silent before its head"),
    ],
)
def test_a_stream_that_was_lost_before_is_let_go_when_it_is_dropped(
    first: list[Step], timeout: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "sse_client")  # a record holds the error, and that the stream

    async def main() -> None:
        with Server(first, [head(), chunk(b"data: 2\n\n"), STALL]) as server:
            async with AsyncClient() as client:
                stream = client.get(server.url, reconnect=Reconnect(initial_delay=0), timeout=timeout)
                gc.disable()
                try:
                    while (await anext(stream)).data != "2":
                        pass
                    dropped = weakref.ref(stream)
                    del stream
                    assert dropped() is None, "it waits for the garbage collector"
                finally:
                    gc.enable()
            await asyncio.to_thread(server.close)

    run(main)


def test_a_connection_that_is_reset_after_its_stream_was_cancelled_complains_of_nothing() -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), RESET]) as server:
            events = astream("POST", server.url)
            await anext(events)
            task = asyncio.create_task(anext(events))
            await asyncio.sleep(0.05)
            task.cancel()
            seen.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(server.close)

    run(main)


@pytest.mark.parametrize("framing", ["close", "chunked"])
def test_a_reset_while_nobody_reads_is_told_to_who_reads_next(framing: Literal["close", "chunked"]) -> None:
    async def main() -> None:
        seen = threading.Event()
        one = b"data: 1\n\n"
        steps: list[Step] = [head(framing=framing), one if framing == "close" else chunk(one)]
        with Server([*steps, Wait(seen), RESET]) as server:
            events = astream("POST", server.url)
            await anext(events)
            seen.set()
            await asyncio.sleep(0.1)
            with pytest.raises(sse_client.ConnectionFailed, match="reset") as caught:
                await anext(events)
            assert isinstance(caught.value.__cause__, ConnectionResetError)

    run(main)


def test_what_came_before_a_loss_while_nobody_read_is_not_lost() -> None:
    async def main() -> None:
        seen = threading.Event()
        with Server([*ONE, Wait(seen), chunk(b"data: 2\n\n"), CLOSE]) as server:
            events = astream("POST", server.url)
            await anext(events)
            seen.set()
            await asyncio.sleep(0.1)
            assert (await anext(events)).data == "2"
            with pytest.raises(sse_client.ConnectionFailed, match="it ended before the body's end"):
                await anext(events)

    run(main)


def test_the_callers_own_code_may_close_it_there_and_then() -> None:
    """Nothing waits in that: the stream is left to the reader, which has called it."""

    async def main() -> None:
        def observer(news: object) -> None:
            if isinstance(news, Lost):
                with pytest.raises(StopIteration):
                    events.aclose().send(None)

        with Server(reply(503)) as server:
            events = astream("GET", server.url, observer=observer, reconnect=LONG)
            assert [event async for event in events] == []
            assert events.reason == "closed"

    run(main)


def test_a_deadline_is_kept_also_where_an_earlier_one_was_expected() -> None:
    async def main() -> None:
        interrupt = Wakeup()
        interrupt.enter()
        interrupt.arm(monotonic() + 60)
        interrupt.deadline = None
        interrupt.arm(monotonic() + 0.05)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(5)
        assert interrupt.caught()
        interrupt.arm(monotonic() + 0.05)
        interrupt.arm(monotonic() + 0.1)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(5)
        assert interrupt.caught()
        interrupt.arm(monotonic() + 0.05)
        interrupt.deadline = None
        await asyncio.sleep(0.1)
        interrupt.leave()
        interrupt.stop()

    run(main)


def test_a_body_whose_connection_is_gone_already_is_a_lost_connection() -> None:
    class Gone:
        """A protocol that was told of its end before anybody asked."""

        closed = None
        read_timeout: float | None = 1.0

        def start_timeout(self) -> None:
            assert self.read_timeout is None

        def exception(self) -> None:
            return None

    class Raw:
        connection = SimpleNamespace(protocol=Gone())

        def __init__(self) -> None:
            protocol: Any = SimpleNamespace(connected=False)
            self.content = aiohttp.StreamReader(protocol, 100, loop=asyncio.get_running_loop())

        def close(self) -> None:
            self.connection = SimpleNamespace()

    async def main() -> None:
        connection = AiohttpBody(Response(200, {}, "http://127.0.0.1/", Raw()), Wakeup(), None)
        for _ in range(2):
            with pytest.raises(sse_client.ConnectionFailed, match="it was closed"):
                await connection.read(None)
        connection.close()

    run(main)


def test_many_streams_one_after_the_other_leave_nothing() -> None:
    async def main() -> None:
        with Server(*[[*ONE, b"", STALL] if n % 3 else stream([b"data: 1\n\n"]) for n in range(200)]) as server:
            async with AsyncClient() as client:
                for _ in range(200):
                    async with client.post(server.url) as events:
                        assert (await anext(events)).data == "1"
                assert len(asyncio.all_tasks()) == 1
            await asyncio.to_thread(server.close)

    run(main)
