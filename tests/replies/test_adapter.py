"""A base that a vendor's blocking and asyncio client share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from sse_client import Client, Event, EventStream, SSEError, StreamTruncated
from sse_client.aio import AsyncClient, AsyncEventStream
from sse_client.extension import StreamFormat
from sse_client.replies import Adapter, BlockingAdapter, BlockingReply, Reply
from sse_client.replies.aio import AsyncAdapter, AsyncReply
from sse_client.replies.retries import Retries
from sse_client.testing import Server, reply, stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Client = TypeVar("_Client", bound=Client | AsyncClient)
_Events = TypeVar("_Events", bound=EventStream | AsyncEventStream)
_Lines = TypeVar("_Lines", bound="Lines[Any]")


class LineReader:
    """Reads a line from each event, until an empty one."""

    def __init__(self) -> None:
        self.outcome: Any = None
        self.partial: list[str] = []

    @property
    def empty(self) -> bool:
        return not self.partial

    def feed(self, event: Event) -> Sequence[str]:
        if event.data == ".":
            self.outcome = "complete"
            return ()
        self.partial.append(event.data)
        return [event.data]

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[str]:
        yield from ()
        self.outcome = "truncated"
        raise StreamTruncated("cut off", partial=self.partial)

    def finish(self, stray: str = "") -> Sequence[str]:
        return ()

    def whole(self, body: str, status: int = 200) -> Sequence[str]:
        raise SSEError(body)


class Lines(Reply[_Events, str]):
    def _error_of(self, body: str, status: int) -> SSEError:
        return SSEError(f"{body} ({status})")


class BlockingLines(Lines[EventStream], BlockingReply[str]): ...


class AsyncLines(Lines[AsyncEventStream], AsyncReply[str]): ...


class Base(Adapter[_Client, _Events], Generic[_Client, _Events, _Lines]):
    """What both clients do, written once."""

    _lines: type[_Lines]

    def __init__(self, url: str, client: _Client | None = None) -> None:
        super().__init__(client)
        self.url = url

    def ask(self, question: str) -> _Lines:
        options = {"json": {"question": question}}
        return self._lines(
            lambda rules: self._open("POST", self.url, {**options, **rules}, StreamFormat()), Retries(1, LineReader)
        )


class Vendor(Base[Client, EventStream, BlockingLines], BlockingAdapter):
    _lines = BlockingLines


class AsyncVendor(Base[AsyncClient, AsyncEventStream, AsyncLines], AsyncAdapter):
    _lines = AsyncLines


def ask(kind: str, url: str, **options: Any) -> list[str]:
    if kind == "blocking":
        with Vendor(url, **options) as vendor, vendor.ask("?") as lines:
            return list(lines)

    async def main() -> list[str]:
        async with AsyncVendor(url, **options) as vendor, vendor.ask("?") as lines:
            return [line async for line in lines]

    return asyncio.run(main())


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def test_both_clients_open_their_streams(kind: str) -> None:
    with Server(stream([b"data: a\n\n", b"data: b\n\ndata: .\n\n"])) as server:
        assert ask(kind, server.url) == ["a", "b"]
        (request,) = server.requests
    assert (request.method, request.body) == ("POST", b'{"question": "?"}')


def test_both_clients_retry_and_report(kind: str) -> None:
    with Server(reply(503, headers={"Retry-After": "0"}), reply(400, b"no")) as server:
        with pytest.raises(SSEError, match=r"no \(400\)"):
            ask(kind, server.url)
        assert len(server.requests) == 2


def test_each_takes_its_own_kind_of_client() -> None:
    with pytest.raises(TypeError, match=r"client must be an sse_client\.Client, not AsyncClient"):
        Vendor("http://localhost", AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with Client() as client, pytest.raises(TypeError, match=r"client must be an sse_client\.aio\.AsyncClient, not Cl"):
        AsyncVendor("http://localhost", client)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_client_that_is_given_stays_open() -> None:
    with Server(*[stream([b"data: a\n\ndata: .\n\n"])] * 2) as server, Client() as client:
        assert [list(Vendor(server.url, client).ask("?")) for _ in range(2)] == [["a"], ["a"]]
