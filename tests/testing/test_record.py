"""Open responses of every library to recordings: the bytes as they arrive, and how it ended."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import itertools
import os
import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from sse_client._http import inflation_limit
from sse_client._http.optional_codings import Brotli
from sse_client.errors import ConnectionFailed, EventTooLarge
from sse_client.testing import (
    CLOSE,
    STALL,
    Pause,
    Recording,
    RecordingError,
    RecordingWriter,
    Server,
    Wait,
    arecord,
    chunk,
    head,
    record,
    reply,
    stream,
)
from sse_client.testing._recording.body_events import BodyEvents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable
    from pathlib import Path

    from sse_client import Event
    from sse_client.testing import Received, Step

EVENTS = [b"id: 1\ndata: \xe2\x82\xac\n\n", b": beat\n\n", b"data: 2\n\n"]
HEADERS = {"Accept-Encoding": "gzip", "Authorization": "Bearer s3cret"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answer.sse"


@contextmanager
def of_requests(url: str, timeout: float = 10) -> Generator[Any]:
    with requests.post(url, headers=HEADERS, stream=True, timeout=timeout) as response:
        yield response


@contextmanager
def of_urllib3(url: str, timeout: float = 10) -> Generator[Any]:
    with urllib3.PoolManager() as pools:
        response = pools.request("POST", url, headers=HEADERS, preload_content=False, timeout=timeout, retries=False)
        yield response
        response.close()


@contextmanager
def of_http_client(url: str, timeout: float = 10) -> Generator[Any]:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout)) as connection:
        connection.request("POST", "/", headers=HEADERS)
        yield connection.getresponse()


@contextmanager
def of_httpx(url: str, timeout: float = 10) -> Generator[Any]:
    with httpx.stream("POST", url, headers=HEADERS, timeout=timeout) as response:
        yield response


@contextmanager
def of_httpx2(url: str, timeout: float = 10) -> Generator[Any]:
    with httpx2.stream("POST", url, headers=HEADERS, timeout=timeout) as response:
        yield response


Opener = Any
ALL = [of_requests, of_urllib3, of_http_client, of_httpx, of_httpx2]
every_library = pytest.mark.parametrize("opener", ALL, ids=lambda opener: opener.__name__[3:])


def ended(recording: Recording) -> tuple[str, str]:
    assert recording.end is not None
    return recording.end.end, recording.end.error


def body(recording: Recording) -> bytes:
    return b"".join(data for _, data in recording)


@every_library
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_response_is_recorded_byte_by_byte(opener: Opener, framing: Any, path: Path) -> None:
    answer = stream(EVENTS, framing=framing, headers={"X-Two": ["a", "b"], "Set-Cookie": "s3cret"})
    with Server(answer) as server, opener(server.url) as response:
        recording = record(response, path)
    assert body(recording) == b"".join(EVENTS)
    assert recording.response.status == 200
    assert recording.headers["content-type"] == "text/event-stream"
    assert [value for name, value in recording.response.headers if name.lower() == "x-two"] == ["a", "b"]
    assert ended(recording) == ("complete", "")
    assert b"s3cret" not in path.read_bytes()


@pytest.mark.parametrize("opener", [of_requests, of_httpx, of_httpx2])
def test_request_is_recorded_where_the_response_knows_it(opener: Opener, path: Path) -> None:
    with Server(stream(EVENTS)) as server, opener(f"{server.url}/a?key=s3cret&b=c") as response:
        recording = record(response, path)
    assert recording.request.method == "POST"
    assert recording.request.url == f"{server.url}/a?key=***&b=c"
    assert {(name.lower(), value) for name, value in recording.request.headers} >= {("authorization", "***")}


@every_library
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_pieces_are_recorded_as_they_arrive(opener: Opener, framing: Any, path: Path) -> None:
    go = [threading.Event(), threading.Event()]
    start, first, *rest = stream([b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"], framing=framing)
    script = [start, first, Wait(go[0]), Pause(0.02), rest[0], Wait(go[1]), *rest[1:]]
    seen: list[int] = []

    def progress(writer: RecordingWriter) -> None:
        seen.append(writer.bytes)
        for event in go[: len(seen)]:
            event.set()

    with Server(script) as server, opener(server.url) as response:
        recording = record(response, path, progress=progress)
    assert seen == [9, 18, 27]
    (one, _), (two, _), _ = recording
    assert two - one >= 0.02


@every_library
def test_content_coding_is_kept(opener: Opener, path: Path) -> None:
    with Server(stream(EVENTS, coding="gzip")) as server, opener(server.url) as response:
        recording = record(response, path)
    assert recording.headers["Content-Encoding"] == "gzip"
    assert body(recording).startswith(b"\x1f\x8b")
    assert b"".join(data for _, data in recording.decoded()) == b"".join(EVENTS)
    assert recording.response.decoded == ""


@every_library
def test_connection_that_breaks_is_recorded_as_cut(opener: Opener, path: Path) -> None:
    with Server([head(), chunk(EVENTS[0]), CLOSE]) as server, opener(server.url) as response:
        recording = record(response, path)
    assert body(recording) == EVENTS[0]
    end, error = ended(recording)
    assert end == "cut"
    assert error


@every_library
def test_silence_that_times_out_is_recorded_as_cut(opener: Opener, path: Path) -> None:
    with Server([head(), chunk(EVENTS[0]), STALL]) as server, opener(server.url, timeout=0.1) as response:
        assert ended(record(response, path))[0] == "cut"


@every_library
def test_status_without_a_stream_is_recorded_too(opener: Opener, path: Path) -> None:
    with Server(reply(503, b"busy", {"Retry-After": "1"}), reply(204)) as server:
        with opener(server.url) as response:
            recording = record(response, path)
        assert (recording.response.status, recording.headers["retry-after"], body(recording)) == (503, "1", b"busy")
        with opener(server.url) as response:
            recording = record(response, path)
        assert (recording.response.status, list(recording), ended(recording)[0]) == (204, [], "complete")


@every_library
@pytest.mark.parametrize("coding", [None, "gzip"])
def test_recording_stops_after_so_many_events(opener: Opener, coding: Any, path: Path) -> None:
    answer = [*stream(EVENTS, coding=coding, framing="close")[:4], STALL]
    with Server(answer) as server, opener(server.url) as response:
        recording = record(response, path, events=2)
    assert [event.data for _, event in recording.events()] == ["€", "2"]
    assert ended(recording) == ("stopped", "")


def test_recording_stops_after_so_many_seconds(path: Path) -> None:
    with Server([head(), chunk(b"1"), Pause(0.05), chunk(b"2"), STALL]) as server, of_requests(server.url) as response:
        recording = record(response, path, seconds=0.04)
    assert body(recording) == b"12"
    assert ended(recording) == ("stopped", "")


def test_events_of_an_unknown_coding_cannot_be_counted(path: Path) -> None:
    answer = stream(EVENTS, headers={"Content-Encoding": ", ".join(["gzip"] * 99)})
    with Server(answer) as server, of_requests(server.url) as response, pytest.raises(ValueError, match="coding"):
        record(response, path, events=1)
    assert not path.exists()


def test_interrupt_ends_the_recording_and_is_raised(path: Path) -> None:
    def interrupt(_: RecordingWriter) -> None:
        raise KeyboardInterrupt

    with (
        Server([*stream(EVENTS)[:2], STALL]) as server,
        of_requests(server.url) as response,
        pytest.raises(KeyboardInterrupt),
    ):
        record(response, path, progress=interrupt)
    recording = Recording.open(path)
    assert body(recording) == EVENTS[0]
    assert ended(recording) == ("stopped", "KeyboardInterrupt")


def test_disk_that_is_full_is_no_cut_connection(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(RecordingWriter, "write", full)
    with (
        Server(stream(EVENTS)) as server,
        of_requests(server.url) as response,
        pytest.raises(OSError, match="no space left"),
    ):
        record(response, path)


def test_body_that_was_read_is_refused(path: Path) -> None:
    read: list[Callable[[str], Any]] = [requests.get, httpx.get, partial(urllib3.request, "GET")]
    for get in read:
        with Server(reply(200, b"x")) as server, pytest.raises(ValueError, match="with its body unread"):
            record(get(server.url), path)
    assert not path.exists()


@pytest.mark.parametrize("source", [None, b"http://host/", 17])
def test_what_is_no_response_is_refused(source: Any, path: Path) -> None:
    with pytest.raises(TypeError, match=r"expected a URL, or an open response of .*; got builtins\."):
        record(source, path)
    with pytest.raises(TypeError, match=r"expected an open response of aiohttp, .*; got builtins\."):
        asyncio.run(arecord(source, path))


def test_open_response_takes_no_request_options(path: Path) -> None:
    with (
        Server(stream(EVENTS)) as server,
        of_requests(server.url) as response,
        pytest.raises(TypeError, match="headers, method: only a URL has options"),
    ):
        record(response, path, method="POST", headers={})


# URLs


def test_url_is_requested_and_recorded(path: Path) -> None:
    with Server(stream(EVENTS)) as server:
        recording = record(f"{server.url}/a?token=s3cret", str(path))
        (request,) = server.requests
    assert body(recording) == b"".join(EVENTS)
    assert recording.request.url == f"{server.url}/a?token=***"
    assert (request.method, request.headers["accept"]) == ("GET", "text/event-stream")
    assert request.headers["accept-encoding"] == "identity"


def test_url_is_requested_with_the_options_of_requests(path: Path) -> None:
    with Server(stream(EVENTS, coding="gzip")) as server:
        recording = record(
            server.url, path, method="POST", json={"a": 1}, headers={"accept-encoding": "gzip"}, timeout=5
        )
        (request,) = server.requests
    assert (request.method, request.json(), request.headers["accept-encoding"]) == ("POST", {"a": 1}, "gzip")
    assert [event.data for _, event in recording.events()] == ["€", "2"]


def test_url_without_an_answer_is_a_failed_connection(path: Path) -> None:
    server = Server()
    server.close()
    with pytest.raises(ConnectionFailed, match=rf"^no response from {server.url}/a \(ConnectionError\)$") as caught:
        record(f"{server.url}/a?key=s3cret", path)
    assert caught.value.__cause__ is None
    assert not path.exists()


@pytest.mark.parametrize("url", ["/events", "ftp://host/?key=s3cret", "http://"])
def test_malformed_url_is_a_value_error(url: str, path: Path) -> None:
    with pytest.raises(ValueError, match="expected a URL of http or https, got") as caught:
        record(url, path)
    assert "s3cret" not in str(caught.value)


# asyncio


async def with_aiohttp(url: str, path: Path, *, auto_decompress: bool = True, **options: Any) -> Recording:
    async with (
        aiohttp.ClientSession(auto_decompress=auto_decompress) as session,
        session.post(url, headers=HEADERS) as response,
    ):
        return await arecord(response, path, auto_decompress=auto_decompress, **options)


async def with_httpx(url: str, path: Path, **options: Any) -> Recording:
    async with httpx.AsyncClient() as client, client.stream("POST", url, headers=HEADERS) as response:
        return await arecord(response, path, **options)


async def with_httpx2(url: str, path: Path, **options: Any) -> Recording:
    async with httpx2.AsyncClient() as client, client.stream("POST", url, headers=HEADERS) as response:
        return await arecord(response, path, **options)


every_async_library = pytest.mark.parametrize("recorder", [with_aiohttp, with_httpx, with_httpx2])


@every_async_library
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_async_response_is_recorded_byte_by_byte(recorder: Any, framing: Any, path: Path) -> None:
    answer = stream(EVENTS, framing=framing, headers={"X-Two": ["a", "b"], "Set-Cookie": "s3cret"})
    with Server(answer) as server:
        recording = asyncio.run(recorder(f"{server.url}/?key=s3cret", path))
    assert body(recording) == b"".join(EVENTS)
    assert [value for name, value in recording.response.headers if name.lower() == "x-two"] == ["a", "b"]
    assert (recording.request.method, recording.request.url) == ("POST", f"{server.url}/?key=***")
    assert ended(recording) == ("complete", "")
    assert b"s3cret" not in path.read_bytes()


@every_async_library
def test_async_pieces_are_recorded_as_they_arrive(recorder: Any, path: Path) -> None:
    go = threading.Event()
    seen: list[int] = []

    def progress(writer: RecordingWriter) -> None:
        seen.append(writer.bytes)
        go.set()

    with Server([head(), chunk(b"data: 1\n\n"), Wait(go), chunk(b"data: 2\n\n"), b"0\r\n\r\n"]) as server:
        asyncio.run(recorder(server.url, path, progress=progress))
    assert seen == [9, 18]


@every_async_library
def test_async_connection_that_breaks_is_recorded_as_cut(recorder: Any, path: Path) -> None:
    with Server([head(), chunk(EVENTS[0]), CLOSE]) as server:
        recording = asyncio.run(recorder(server.url, path))
    assert body(recording) == EVENTS[0]
    assert ended(recording)[0] == "cut"


@every_async_library
def test_async_recording_stops_after_so_many_events(recorder: Any, path: Path) -> None:
    with Server([*stream(EVENTS)[:4], STALL]) as server:
        recording = asyncio.run(recorder(server.url, path, events=1))
    assert ended(recording) == ("stopped", "")
    assert body(recording).startswith(EVENTS[0])


@pytest.mark.parametrize(
    ("recorder", "options", "coded"),
    [
        pytest.param(with_aiohttp, {}, False, id="aiohttp decompresses"),
        pytest.param(with_aiohttp, {"auto_decompress": False}, True, id="aiohttp does not"),
        pytest.param(with_httpx, {}, True, id="httpx"),
        pytest.param(with_httpx2, {}, True, id="httpx2"),
    ],
)
def test_headers_say_how_async_bytes_are_coded(recorder: Any, options: Any, coded: bool, path: Path) -> None:
    with Server(stream(EVENTS, coding="gzip")) as server:
        recording = asyncio.run(recorder(server.url, path, **options))
    assert recording.headers.get("content-encoding") == ("gzip" if coded else None)
    assert recording.response.decoded == ("" if coded else "gzip")
    assert body(recording).startswith(b"\x1f\x8b") == coded
    assert b"".join(data for _, data in recording.decoded()) == b"".join(EVENTS)


def test_async_body_that_was_read_is_refused(path: Path) -> None:
    async def with_aiohttp_read(url: str) -> None:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            await response.read()
            await arecord(response, path)

    async def with_httpx_read(url: str) -> None:
        async with httpx.AsyncClient() as client:
            await arecord(await client.get(url), path)

    for main in (with_aiohttp_read, with_httpx_read):
        with Server(reply(200, b"x")) as server, pytest.raises(ValueError, match="with its body unread"):
            asyncio.run(main(server.url))


def test_response_of_the_other_kind_is_refused(path: Path) -> None:
    async def crossed(url: str) -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
            with pytest.raises(ValueError, match="expected a response of a blocking client"):
                record(response, path)
        with (
            httpx.stream("GET", url) as response,
            pytest.raises(ValueError, match="expected a response of an asyncio client"),
        ):
            await arecord(response, path)

    with Server(stream(EVENTS), stream(EVENTS)) as server:
        asyncio.run(crossed(server.url))


def test_cancelled_task_ends_the_recording(path: Path) -> None:
    async def main(url: str) -> None:
        begun = asyncio.Event()

        def progress(_: RecordingWriter) -> None:
            begun.set()

        task = asyncio.create_task(with_httpx(url, path, progress=progress))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Server([*stream(EVENTS)[:2], STALL]) as server:
        asyncio.run(main(server.url))
    assert ended(Recording.open(path)) == ("stopped", "CancelledError")


def test_the_body_of_a_redirect_is_not_read(path: Path) -> None:
    sent: list[int] = []

    def endless(_: Received) -> Iterable[Step]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /stream\r\n\r\n"
        for piece in [bytes(65536)] * 1024:
            yield piece
            sent.append(65536)

    with Server(endless, stream([b"data: x\n\n"])) as server:
        recording = record(server.url, path)
    assert recording.response.status == 200
    assert sum(sent) < 32 * 1024 * 1024  # what the buffers of the system take


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="interim responses"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, id="a line without end"),
    ],
)
def test_a_head_without_end_is_no_response(path: Path, flood: bytes) -> None:
    with Server(default=lambda _: itertools.repeat(flood)) as server, pytest.raises(ConnectionFailed):
        record(server.url, path)
    assert not path.exists()


def test_an_interim_response_is_not_the_answer(path: Path) -> None:
    with Server([b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", *stream(EVENTS)]) as server:
        recording = record(server.url, path)
    assert recording.response.status == 200
    assert [event.data for _, event in recording.events()] == ["\u20ac", "2"]


def test_a_malformed_line_of_a_head_hides_no_framing(path: Path) -> None:
    hiding = b"HTTP/1.1 200 OK\r\nX Y\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Server([hiding, chunk(b"data: 1\n\n")]) as server, pytest.raises(ConnectionFailed):
        record(server.url, path)


def test_trailers_without_end_cut_a_recording_off(path: Path) -> None:
    flood = itertools.chain([head(), chunk(b"data: 1\n\n"), b"0\r\n"], itertools.repeat(b"x: y\r\n" * 1000))
    with Server(default=lambda _: flood) as server:
        recording = record(server.url, path)
    assert recording.end is not None
    assert recording.end.end == "cut"
    assert [event.data for _, event in recording.events()] == ["1"]


def test_a_limit_of_time_holds_while_events_are_counted(path: Path) -> None:
    # Endless for a test: 16 GiB of blank lines.
    once = gzip.compress(b"\n" * 2**24, 9)
    bomb = gzip.compress(once * 1024, 9)
    with Server([head(headers={"Content-Encoding": "gzip, gzip"}), chunk(bomb), STALL]) as server:
        recording = record(server.url, path, events=1, seconds=0.1)
    assert recording.end is not None
    assert recording.end.end == "stopped"


def test_the_event_loop_has_turns_while_events_are_counted(path: Path) -> None:
    coded = gzip.compress(b"\n" * 2**19, 9)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main(url: str) -> None:
        counting = asyncio.create_task(other())
        async with aiohttp.ClientSession(auto_decompress=False) as session, session.get(url) as response:
            before = turns
            await arecord(response, path, events=1, auto_decompress=False)
            assert turns - before > 20  # of 24 KiB each
        counting.cancel()

    with Server(reply(200, coded, {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"})) as server:
        asyncio.run(main(server.url))


def by_asyncio(url: str, path: Path, **options: Any) -> Recording:
    return asyncio.run(with_httpx2(url, path, **options))


@pytest.mark.parametrize("recorder", [record, by_asyncio])
def test_a_bomb_is_refused_while_events_are_counted(
    path: Path, recorder: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflation_limit, "_ITEM_COST", 2**27 // 20_000)
    inflated = 0
    feed = BodyEvents.feed

    def counted(self: BodyEvents, data: bytes, deadline: float | None = None) -> list[Event]:
        nonlocal inflated
        inflated += len(data)
        return feed(self, data, deadline)

    monkeypatch.setattr(BodyEvents, "feed", counted)
    bomb = gzip.compress(b"\n" * 2**24, 9)
    with (
        Server([head(headers={"Content-Encoding": "gzip"}), chunk(bomb), STALL]) as server,
        pytest.raises(EventTooLarge, match="recorded without `events`, it is not decoded"),
    ):
        recorder(server.url, path, events=1)
    assert inflated < 100_000
    recording = Recording.open(path)
    assert recording.end is not None
    assert (recording.end.end, recording.end.error) == ("stopped", "EventTooLarge")
    received = b"".join(data for _, data in recording)
    assert received
    assert bomb.startswith(received)
    with pytest.raises(EventTooLarge, match="`decoded` yields all of it"):
        list(recording.events())


def test_a_near_limit_of_time_ends_a_bomb_instead(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation_limit, "_ITEM_COST", 2**27 // 1000)
    bomb = gzip.compress(b"\n" * 2**24, 9)
    with Server([head(headers={"Content-Encoding": "gzip"}), chunk(bomb), STALL]) as server:
        recording = record(server.url, path, events=1, seconds=0.1)
    assert recording.end is not None
    assert (recording.end.end, recording.end.error) == ("stopped", "")


def test_a_large_window_is_decoded_beside_the_event_loop(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brotli: Any = import_module("brotli")  # it has no types
    threads: set[int] = set()
    decode = Brotli.decode

    def noted(self: Brotli, data: bytes) -> bytes:
        threads.add(threading.get_ident())
        return decode(self, data)

    monkeypatch.setattr(Brotli, "decode", noted)
    for window in (22, 24):
        threads.clear()
        coded = brotli.compress(b"data: 1\n\n" * 100_000, lgwin=window)
        with Server(reply(200, coded, {"Content-Type": "text/event-stream", "Content-Encoding": "br"})) as server:
            recording = asyncio.run(with_httpx2(server.url, path, events=100_000))
        assert (threading.get_ident() in threads) == (window == 22)
        assert len(list(recording.events())) == 100_000


def test_the_event_loop_has_turns_between_pieces_at_hand(path: Path) -> None:
    turns = 0

    class Pieces(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(10_000):
                yield b"\n"

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def main() -> None:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Pieces()))
        counting = asyncio.create_task(other())
        async with httpx2.AsyncClient(transport=transport) as client, client.stream("GET", "http://a/") as response:
            before = turns
            began = time.monotonic()
            await arecord(response, path)
            assert turns - before > (time.monotonic() - began) / 0.1
        counting.cancel()

    asyncio.run(main())


def test_a_head_that_fits_into_no_line_is_not_recorded(path: Path) -> None:
    with pytest.raises(ValueError, match="expected a head that fits into a line of 8,388,608 bytes, got "):
        RecordingWriter(path, status=200, headers=[("X", '"' * 5_000_000)])
    assert not path.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_read_as_a_recording(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(RecordingError, match="expected a regular file"):
        Recording.open(path)
