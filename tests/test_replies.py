"""What adapters share: replies in a vendor's format of a test's own, and the clients that they stand on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sse_client import Client, Event, SSEError, StreamTruncated
from sse_client.aio import AsyncClient
from sse_client.extension import StreamFormat, open_async_stream, open_stream
from sse_client.replies import BlockingAdapter, BlockingReply
from sse_client.replies.aio import AsyncAdapter, AsyncReply
from sse_client.testing import STALL, Server, chunk, head, reply, stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.testing import Step


class Words:
    """Reads events of JSON, a word or several each, until one is `null`."""

    def __init__(self) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self.words: list[str] = []

    @property
    def empty(self) -> bool:
        return not self.words

    @property
    def partial(self) -> Any:
        return self.words

    def feed(self, event: Event) -> Sequence[str]:
        if self.outcome is not None:
            return ()
        said: list[str] | None = event.json()
        if said is None:
            self.outcome = "complete"
            return ()
        self.words += said
        return said

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[str]:
        for event in events:
            yield from self.feed(event)
        if self.outcome is None:
            self.outcome = "truncated"
            raise StreamTruncated("cut off", partial=self.words or stray)

    def finish(self, stray: str = "") -> Sequence[str]:
        return [stray]

    def whole(self, body: str, status: int = 200) -> Sequence[str]:
        raise Refused(body, status)


class Refused(SSEError):
    """The vendor refused the request."""


class Once:
    """One attempt."""

    def __init__(self) -> None:
        self.reader = Words()

    def rules(self) -> dict[str, Any]:
        return {"reconnect": False}


class BlockingWords(BlockingReply[str]):
    def _error_of(self, body: str, status: int) -> SSEError:
        return Refused(body, status)


class AsyncWords(AsyncReply[str]):
    def _error_of(self, body: str, status: int) -> SSEError:
        return Refused(body, status)


FORMAT = StreamFormat()
Read = tuple[list[str], str | None, SSEError | None]


def read(kind: str, url: str) -> Read:
    words: list[str] = []
    if kind == "blocking":
        with Client() as client:
            reply = BlockingWords(lambda rules: open_stream(client, "POST", url, dict(rules), FORMAT), Once())
            try:
                with reply:
                    words += reply
            except SSEError as error:
                return words, reply.outcome, error
            return words, reply.outcome, None

    async def main() -> Read:
        async with AsyncClient() as client:
            reply = AsyncWords(lambda rules: open_async_stream(client, "POST", url, dict(rules), FORMAT), Once())
            try:
                async with reply:
                    async for word in reply:
                        words.append(word)
            except SSEError as error:
                return words, reply.outcome, error
            return words, reply.outcome, None

    return asyncio.run(main())


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
@pytest.mark.parametrize(
    ("steps", "words", "outcome", "raised"),
    [
        (stream([b'data: ["a", "b"]\n\ndata: ["c"]\n\n', b"data: null\n\ndata: 5\n\n"]), "abc", "complete", None),
        ([head(), chunk(b'data: ["a"]\n\ndata: null\n\n'), STALL], "a", "complete", None),
        (stream([b'data: ["a"]\n\n', b'data: ["b"]']), "ab", "truncated", "cut off"),
        (stream([b'data: ["a"]\n\n', b'data: ["b"']), "a", "truncated", "cut off"),
        (reply(400, b"no"), "", "error", "('no', 400)"),
        (reply(200, b"a page"), "", "error", "('a page', 200)"),
        (reply(204), "", "truncated", "cut off"),
    ],
)
def test_a_reply(kind: str, steps: list[Step], words: str, outcome: str, raised: str | None) -> None:
    with Server(steps) as server:
        found, ended, error = read(kind, server.url)
    assert ("".join(found), ended, error and str(error)) == (words, outcome, raised)


def test_a_blocking_reply_that_is_left_is_cancelled() -> None:
    with Server([head(), chunk(b'data: ["a", "b"]\n\n'), STALL]) as server, Client() as client:
        reply = BlockingWords(lambda rules: open_stream(client, "GET", server.url, dict(rules), FORMAT), Once())
        with reply:
            assert next(reply) == "a"
        assert (list(reply), reply.outcome, reply.events.reason) == ([], "cancelled", "closed")
    assert repr(reply).endswith(", cancelled>")


def test_an_adapter_closes_the_client_that_is_its_own() -> None:
    with BlockingAdapter(None) as adapter:
        own = adapter._client
    with pytest.raises(RuntimeError):
        own.get("http://127.0.0.1:1")
    with Client() as client:
        with BlockingAdapter(client):
            pass
        client.get("http://127.0.0.1:1").close()


def test_an_asyncio_adapter_closes_the_client_that_is_its_own() -> None:
    async def main() -> None:
        async with AsyncAdapter(None) as adapter:
            own = adapter._client
        with pytest.raises(RuntimeError):
            own.get("http://127.0.0.1:1")
        async with AsyncClient() as client:
            async with AsyncAdapter(client):
                pass
            await client.get("http://127.0.0.1:1").aclose()

    asyncio.run(main())


def test_an_adapter_takes_no_client_of_another_kind() -> None:
    with pytest.raises(TypeError, match=r"must be an sse_client\.Client, not AsyncClient"):
        BlockingAdapter(AsyncClient())  # type: ignore[arg-type]
    with Client() as client, pytest.raises(TypeError, match=r"must be an sse_client\.aio\.AsyncClient, not Client"):
        AsyncAdapter(client)  # type: ignore[arg-type]
