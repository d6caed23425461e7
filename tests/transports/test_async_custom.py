"""The asynchronous door for transports of others: what is refused, what is cancelled, and what an error stands for."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
import trio

from sse_client import Client, ConnectionFailed, IdleTimeout, Timeout
from sse_client.aio import AsyncClient
from sse_client.transports.async_custom import AsyncBody, AsyncSession, AsyncTransport, Headers, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sse_client import Attempt, Request
    from sse_client.options import Options
    from sse_client.transports.async_custom import Limits, OutgoingRequest

HANGS = object()
"""What never comes."""


class Canned(AsyncSession):
    """Answers with what it is given: an error, a redirect, or pieces of a body and what ends it."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[OutgoingRequest] = []
        self.bodies: list[Body] = []
        self.waiting = anyio.Event()
        self.closed = 0

    def transport(self, options: Options) -> AsyncTransport:
        return Transport(options, self)

    async def aclose(self) -> None:
        self.closed += 1

    async def come(self, what: Any) -> Any:
        """Return or raise what comes; wait for ever for what never does."""
        if what is HANGS:
            self.waiting.set()
            await anyio.sleep_forever()
        if isinstance(what, Exception):
            raise what
        return what


class Transport(AsyncTransport):
    def __init__(self, options: Options, session: Canned) -> None:
        super().__init__(options)
        self.session = session

    async def send(self, request: OutgoingRequest, limits: Limits) -> AsyncBody:
        self.session.sent.append(request)
        status, fields, pieces = await self.session.come(self.session.answers.pop(0))
        head = Response(status, Headers([(b"Content-Type", b"text/event-stream"), *fields]), request.url, None)
        self.session.bodies.append(Body(head, limits, self, pieces))
        return self.session.bodies[-1]


class Body(AsyncBody):
    def __init__(self, response: Response, limits: Limits, transport: Transport, pieces: list[Any]) -> None:
        super().__init__(response, limits, transport)
        self.session = transport.session
        self.left = list(pieces)
        self.disconnects = 0

    async def receive(self) -> bytes:
        return bytes(await self.session.come(self.left.pop(0))) if self.left else b""

    async def disconnect(self) -> None:
        await anyio.lowlevel.checkpoint()  # a cancellation would reach it here
        self.disconnects += 1


async def read(session: Canned, method: str = "POST", **options: Any) -> list[str]:
    async with AsyncClient(session) as client, client.stream(method, "http://example.test/a", **options) as events:
        return [event.data async for event in events]


def on_asyncio(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(main())


@pytest.fixture(params=[on_asyncio, trio.run], ids=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Any:
    """Run a coroutine function on one event loop after the other."""
    return request.param


def test_a_session_of_others_is_used_and_closed(run: Any) -> None:
    session = Canned((200, [], [b"data: 1\n", b"\ndata: 2\n\n"]))
    assert run(lambda: read(session, json={"a": 1}, params={"b": "c"})) == ["1", "2"]
    (request,) = session.sent
    assert (request.method, request.url, request.body) == ("POST", "http://example.test/a?b=c", b'{"a": 1}')
    assert request.headers["content-length"] == ("Content-Length", "8")
    assert session.closed == 1
    assert [body.disconnects for body in session.bodies] == [1]


def test_redirects_are_followed_without_what_is_personal(run: Any) -> None:
    moved: Any = 307, [(b"Location", b"http://other.test/b")], []
    session = Canned(moved, (200, [], [b"data: 1\n\n"]))
    options = {"headers": {"Authorization": "Bearer mine"}, "reconnect": False}
    assert run(lambda: read(session, "GET", **options)) == ["1"]
    first, second = session.sent
    assert second.url == "http://other.test/b"
    assert ("authorization" in first.headers, "authorization" in second.headers) == (True, False)
    assert [body.disconnects for body in session.bodies] == [1, 1]


ANSWERS: list[Any] = [
    (ConnectionRefusedError(111, "refused"), ConnectionFailed, False),
    (EOFError("it ended"), ConnectionFailed, True),
    (TimeoutError("late"), IdleTimeout, True),
    (HANGS, IdleTimeout, True),
    ((200, [(b"Content-Length", b"1"), (b"Content-Length", b"2")], []), ConnectionFailed, True),
    ((200, [], [b"data: 1\n\n", EOFError("it ended")]), ConnectionFailed, True),
    ((200, [], [TimeoutError("late")]), IdleTimeout, True),
    ((200, [], [HANGS]), IdleTimeout, True),
]


@pytest.mark.parametrize(
    ("answer", "error", "sent"),
    ANSWERS,
    ids=[
        "no connection", "no head", "no head in time", "no head by the deadline", "two lengths", "a body cut off",
        "silence that it tells", "silence",
    ],
)  # fmt: skip
def test_what_it_raises_decides_whether_anything_was_sent(
    run: Any, answer: Any, error: type[Exception], sent: bool
) -> None:
    session = Canned(answer)
    hangs = answer is HANGS or (isinstance(answer, tuple) and HANGS in answer[2])
    options: dict[str, Any] = {"timeout": Timeout(read=0.1, event=0.2)} if hangs else {}
    with pytest.raises(error) as caught:
        run(lambda: read(session, reconnect=False, **options))
    failure: Any = caught.value
    assert isinstance(failure, ConnectionFailed)
    assert failure.sent is sent
    assert [body.disconnects for body in session.bodies] == [1] * len(session.bodies)


@pytest.mark.parametrize("answer", [HANGS, (200, [], [HANGS])], ids=["a head", "a body"])
def test_closing_wakes_a_reader_that_waits_for(run: Any, answer: Any) -> None:
    async def main() -> None:
        session = Canned(answer)
        async with AsyncClient(session) as client:
            stream = client.post("http://example.test/")
            found: list[Any] = []

            async def reader() -> None:
                found.append([event async for event in stream])

            async with anyio.create_task_group() as group:
                group.start_soon(reader)
                await session.waiting.wait()
                await stream.aclose()
            assert found == [[]]
            assert (stream.state, stream.reason) == ("closed", "closed")
            assert [body.disconnects for body in session.bodies] == [1] * len(session.bodies)

    run(main)


def test_a_cancelled_reader_disconnects(run: Any) -> None:
    async def main() -> None:
        session = Canned((200, [], [HANGS]))
        async with AsyncClient(session) as client:
            stream = client.post("http://example.test/")
            async with anyio.create_task_group() as group:
                group.start_soon(stream.__anext__)
                await session.waiting.wait()
                group.cancel_scope.cancel()
            assert stream.reason == "cancelled"
            assert [body.disconnects for body in session.bodies] == [1]

    run(main)


def test_prepare_may_be_awaited(run: Any) -> None:
    async def prepare(request: Request, attempt: Attempt) -> Request:
        await anyio.lowlevel.checkpoint()
        return replace(request, headers={"X-Key": "fresh"})

    session = Canned((200, [], [b"data: 1\n\n"]))
    assert run(lambda: read(session, prepare=prepare)) == ["1"]
    assert session.sent[0].headers["x-key"] == ("X-Key", "fresh")


def test_a_body_of_pieces_is_an_asynchronous_iterator(run: Any) -> None:
    async def main() -> bytes:
        session = Canned((200, [], []))
        assert await read(session, data=iter([b"a", b"b"]), reconnect=False) == []
        return b"".join([piece async for piece in session.sent[0].body])

    assert run(main) == b"ab"


def test_outside_of_an_event_loop_the_error_says_what_to_do() -> None:
    stream = AsyncClient(Canned()).get("http://example.test/")
    with pytest.raises(RuntimeError, match="expected to be awaited in a task of a running event loop"):
        stream.__anext__().send(None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_in_a_forked_process_the_session_is_the_parents() -> None:
    session = Canned()
    client = AsyncClient(session)
    client._start_anew()
    with pytest.raises(RuntimeError, match="make a client after the fork"):
        client.get("http://example.test/")


def test_what_is_no_session_of_others_is_refused() -> None:
    class Like:
        def transport(self, options: Any) -> None: ...

        async def aclose(self) -> None: ...

    like: Any = Like()
    with pytest.raises(TypeError, match=r"expected an aiohttp\.ClientSession"):
        AsyncClient(like)


def test_an_asynchronous_session_in_the_blocking_client_is_refused() -> None:
    session: Any = Canned()
    with pytest.raises(TypeError, match=r"expected a requests\.Session"):
        Client(session)
