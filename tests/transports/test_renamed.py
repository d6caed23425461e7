"""Where a library has renamed, or has not, a private part that a transport uses, streams are read all the same.

Each such name is taken out of the transport's own modules, one at a time, so that a new one is tested as soon as it is
used.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import httpx2
import pytest
import trio

import sse_client
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, Server, chunk, head, stream

from .httpx.h2_server import H2Server, Peer
from .renamed import private_names, renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sse_client.testing import Step

OWN = {"_receive", "_replace", "_failure", "_content", "_loop"}
"""Names that are in the list for a part of this package's, or of a NamedTuple's interface."""

EVENTS = [b"data: %d\n\n" % number for number in range(5)]
DATA = [str(number) for number in range(5)]
H2C: dict[str, Any] = {"http1": False, "http2": True}


class Found(NamedTuple):
    """What came of two streams over one client, and the class of each one's body."""

    first: list[str]
    second: list[str]
    kinds: list[str]


def kind_of(events: Any) -> str:
    return type(events._loop._body).__name__


def read_blocking(session: Any, url: str) -> Found:
    found = Found([], [], [])
    with sse_client.Client(session, timeout=20) as client:
        for data in found[:2]:
            with client.post(url) as events:
                found.kinds.append(kind_of(events))
                data += [event.data for event in events]
    return found


async def read_awaited(session: Callable[[], Any], url: str) -> Found:
    found = Found([], [], [])
    async with AsyncClient(session(), timeout=20) as client:
        for data in found[:2]:
            async with client.post(url) as events:
                found.kinds.append(kind_of(events))
                data += [event.data async for event in events]
    return found


def run(loop: str, main: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
    found: Found = trio.run(main) if loop == "trio" else asyncio.run(main())
    return found


def read(library: Any, kind: str, url: str, **options: Any) -> Found:
    arguments = {"verify": False, **options}  # certificates take longer to load than all else here
    if kind == "blocking":
        return read_blocking(library.Client(**arguments), url)
    return run(kind, lambda: read_awaited(lambda: library.AsyncClient(**arguments), url))


def scripts() -> list[list[Step]]:
    """Answer with chunks, several in one packet, and then with one a packet."""
    burst = b"".join(chunk(event) for event in EVENTS[1:])
    return [[head(), chunk(EVENTS[0]), burst + LAST_CHUNK], stream(EVENTS)]


def answers(peer: Peer) -> None:
    """Answer every request over HTTP/2."""
    for number in itertools.count(1):
        stream_id = peer.request(number)
        peer.head(stream_id)
        for data in DATA:
            peer.event(stream_id, data, end=data == DATA[-1])


columns = pytest.mark.parametrize(
    ("library", "kind"),
    [(httpx2, "blocking"), (httpx2, "asyncio"), (httpx2, "trio"), (httpx, "blocking")],
    ids=["httpx2", "httpx2-asyncio", "httpx2-trio", "httpx"],
)
HTTPX = [name for name in private_names("_httpx") if name not in OWN]
AIOHTTP = [name for name in private_names("_aiohttp") if name not in OWN]


@columns
@pytest.mark.parametrize("name", HTTPX)
def test_httpx_reads_chunks_without(name: str, library: Any, kind: str) -> None:
    with renamed("_httpx", name), Server(*scripts()) as server:
        assert read(library, kind, server.url)[:2] == (DATA, DATA)


@columns
@pytest.mark.parametrize("name", HTTPX)
def test_httpx_reads_frames_without(name: str, library: Any, kind: str) -> None:
    with renamed("_httpx", name), H2Server(answers) as server:
        assert read(library, kind, server.url, **H2C)[:2] == (DATA, DATA)


@pytest.mark.parametrize("name", AIOHTTP)
def test_aiohttp_reads_chunks_without(name: str) -> None:
    with renamed("_aiohttp", name), Server(*scripts()) as server:
        assert run("asyncio", lambda: read_awaited(lambda: None, server.url))[:2] == (DATA, DATA)


EXPECTED = [
    ("_httpx", "", "blocking", "PlainDirectBody"),
    ("_httpx", "", "asyncio", "PlainAsyncDirectBody"),
    ("_httpx", "", "trio", "PlainAsyncDirectBody"),
    ("_httpx", "_h11_state", "blocking", "HttpxBody"),
    ("_httpx", "_h11_state", "asyncio", "AsyncHttpxBody"),
    ("_httpx", "_h11_state", "trio", "AsyncHttpxBody"),
    ("_aiohttp", "", "asyncio", "PlainLiveBody"),
    ("_aiohttp", "_reading_paused", "asyncio", "AiohttpBody"),
]


@pytest.mark.parametrize(("room", "name", "kind", "body"), EXPECTED)
def test_without_a_name_the_documented_way_is_taken(room: str, name: str, kind: str, body: str) -> None:
    with renamed(room, name), Server(*scripts()) as server:
        if room == "_httpx":
            found = read(httpx2, kind, server.url)
        else:
            found = run("asyncio", lambda: read_awaited(lambda: None, server.url))
    assert found == (DATA, DATA, [body, body])


def test_the_names_are_found() -> None:
    assert {"_h11_state", "_h2_state", "_pool", "_read_lock"} <= set(HTTPX)
    assert {"_buffer", "_reading_paused", "_http_chunk_splits"} <= set(AIOHTTP)
