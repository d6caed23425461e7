"""Requests that aiohttp cannot send, and bodies of the caller's that fail."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from sse_client.aio import AsyncClient, astream
from sse_client.testing import STALL, Server, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE = stream([b"data: 1\n\n"])


def failed(
    method: str = "GET", url: str = "http://127.0.0.1:9/", session: dict[str, Any] | None = None, **options: Any
) -> Exception:
    """Return what a stream raises."""

    async def main() -> Exception:
        made = None if session is None else aiohttp.ClientSession(**session)
        async with AsyncClient(made, reconnect=False) as client:
            with pytest.raises(Exception) as caught:  # noqa: PT011  (it is looked at)
                await anext(client.stream(method, url, **options))
            return caught.value

    return asyncio.run(main())


@pytest.mark.parametrize("value", ["s3cret\xe9", b"s3cret\xff", "s3cret\x01", "s3cret\x7f", b"s3cret\x0b"])
def test_header_that_aiohttp_would_send_otherwise_is_refused(value: str | bytes) -> None:
    error = failed(headers={"X-Mine": value})
    assert isinstance(error, ValueError)
    assert str(error) == (
        "header X-Mine: aiohttp can send UTF-8 without control characters only, and a str stands for bytes of Latin-1"
    )
    assert str(failed(session={"headers": {"X-Mine": "s3cret\u20ac"}})) == str(error)


def test_header_of_utf_8_is_sent_as_it_is() -> None:
    async def main() -> None:
        headers: dict[str, str | bytes | None] = {"X-Bytes": "\u20ac".encode(), "X-Text": "\xc3\xa9", "X-Tab": "a\tb"}
        assert [event.data async for event in astream("GET", server.url, headers=headers, until="2", reconnect=False)]

    with Server(stream([b"data: 1\n\n", b"data: 2\n\n"])) as server:
        asyncio.run(main())
        raw = dict(server.requests[0].raw_headers)
    assert (raw[b"X-Bytes"], raw[b"X-Text"], raw[b"X-Tab"]) == ("\u20ac".encode(), b"\xc3\xa9", b"a\tb")


def test_id_that_cannot_be_sent_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        assert [event.data async for event in astream("POST", server.url, last_event_id="\x01")] == ["1"]

    with Server(DONE) as server, caplog.at_level("WARNING", logger="sse_client"):
        asyncio.run(main())
        assert "last-event-id" not in server.requests[0].headers
    assert [record.getMessage() for record in caplog.records] == [
        f"the last event ID holds a character that aiohttp cannot send: connecting without it, POST {server.url}"
    ]


def test_host_that_cannot_be_looked_up_is_the_callers_mistake() -> None:
    error = failed(url=f"http://{'a' * 64}.example/?s3cret")
    assert isinstance(error, ValueError)
    assert "names a host that cannot be looked up" in str(error)
    assert "s3cret" not in str(error)


def test_malformed_proxy_is_the_callers_mistake() -> None:
    error = failed(session={"proxy": "http://user:s3cret@["})
    assert isinstance(error, ValueError)
    assert str(error) == "the URL http://127.0.0.1:9/, or its proxy's, is malformed"


@pytest.mark.parametrize("mine", [LookupError("mine"), FileNotFoundError("mine"), ValueError("mine")])
def test_error_of_a_body_is_raised_as_it_is(mine: Exception) -> None:
    def body() -> Iterator[bytes]:
        yield b"x"
        raise mine

    with Server([STALL]) as server:
        assert failed("POST", server.url, data=body()) is mine


def test_cause_of_a_bodys_error_is_kept() -> None:
    mine, cause = LookupError("mine"), KeyError("cause")

    def body() -> Iterator[bytes]:
        yield b"x"
        raise mine from cause

    with Server([STALL]) as server:
        assert failed("POST", server.url, data=body()) is mine
    assert mine.__cause__ is cause


def test_traceback_of_a_connection_that_fails_is_short() -> None:
    error = failed()
    frames = [(frame.filename, frame.name) for frame in traceback.extract_tb(error.__traceback__)]
    assert not [name for name, _ in frames if "aiohttp/client" in name]
    assert [name for file, name in frames if "sse_client/transports" in file] == ["open"]
    assert error.__context__ is None or error.__suppress_context__


def test_closed_session_is_a_runtime_error() -> None:
    async def main() -> None:
        session = aiohttp.ClientSession()
        await session.close()
        with pytest.raises(RuntimeError, match=r"the aiohttp\.ClientSession is closed"):
            await anext(AsyncClient(session).get("http://127.0.0.1:9/"))

    asyncio.run(main())
