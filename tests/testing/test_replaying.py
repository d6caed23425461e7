"""Recordings served again: the same bytes and pauses, resumed where a client was, and broken on request."""

from __future__ import annotations

import asyncio
import math
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from pages import ROOT

import sse_client
from sse_client import Client, Reconnect
from sse_client.testing import (
    FAULTS,
    RecordingError,
    RecordingWriter,
    ReplayServer,
    chunk,
    record,
    replay_server,
    stream,
)
from sse_client.testing._recording import reader
from sse_client.testing._recording.format import MAX_PIECE, decoded_piece

from .kit import exchange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sse_client.testing import Fault, SSEReplay
    from sse_client.testing.recording import Reason

BLOCKS = [b"id: %d\ndata: %d \xe2\x82\xac\n\n" % (number, number) for number in range(1, 6)]
DATA = [f"{number} €" for number in range(1, 6)]
AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)
TYPE = [("Content-Type", "text/event-stream")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answer.sse"


def written(
    path: Path,
    pieces: Sequence[bytes] = BLOCKS,
    *,
    pause: float = 0.0,
    status: int = 200,
    headers: Any = TYPE,
    end: Reason = "complete",
) -> Path:
    with RecordingWriter(path, status=status, headers=headers, clock=lambda: 0.0) as writer:
        for number, piece in enumerate(pieces, 1):
            writer.write(piece, seconds=number * pause)
        writer.end(end)
    return path


def events(server: ReplayServer, last_event_id: str = "") -> requests.Response:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    return requests.get(f"{server.url}/anything", headers=headers, timeout=10)


def blocking(url: str, **options: Any) -> list[str]:
    with sse_client.get(url, reconnect=AT_ONCE, **options) as stream:
        return [event.data for event in stream]


def asynchronous(url: str, **options: Any) -> list[str]:
    async def main() -> list[str]:
        async with sse_client.astream("GET", url, reconnect=AT_ONCE, **options) as stream:
            return [event.data async for event in stream]

    return asyncio.run(main())


both_clients = pytest.mark.parametrize("read", [blocking, asynchronous])


def test_every_request_gets_the_recording(path: Path) -> None:
    with replay_server(written(path, headers=[*TYPE, ("X-Two", "a"), ("X-Two", "b")])) as server:
        first, second = (requests.request(method, f"{server.url}/{method}", timeout=10) for method in ("GET", "POST"))
        assert [request.path for request in server.requests] == ["/GET", "/POST"]
    assert first.content == second.content == b"".join(BLOCKS)
    assert first.raw.headers.getlist("X-Two") == ["a", "b"]
    assert first.headers["content-type"] == "text/event-stream"


def test_head_has_no_body(path: Path) -> None:
    with replay_server(written(path)) as server, requests.Session() as session:
        assert session.head(server.url).headers["content-type"] == "text/event-stream"
        assert session.get(server.url).content == b"".join(BLOCKS)
        assert server.connections == 1


def test_pieces_arrive_as_they_did(path: Path) -> None:
    pieces = [b"da", b"ta: 1\n", b"\ndata: 2\n\n"]
    with replay_server(written(path, pieces)) as server:
        answer = exchange_closing(server)
    assert answer.partition(b"\r\n\r\n")[2] == b"".join(map(chunk, pieces)) + chunk(b"")


def exchange_closing(server: ReplayServer) -> bytes:
    """Return the whole answer to one request, which ends with its last chunk."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        received = b""
        while not received.endswith(b"\r\n0\r\n\r\n"):
            received += sock.recv(65536)
        return received


@pytest.mark.parametrize("pieces", [[b""], [b"\0" * (MAX_PIECE + 1)]])
def test_bytes_are_served_exactly(path: Path, pieces: list[bytes]) -> None:
    with replay_server(written(path, pieces)) as server:
        assert events(server).content == b"".join(pieces)


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_empty_piece_does_not_end_the_body(path: Path, coding: Any) -> None:
    _, *pieces = stream(BLOCKS, coding=coding, framing="length")
    headers = [*TYPE, ("Content-Encoding", coding or "identity")]
    lines = (
        written(path, [piece for piece in pieces if isinstance(piece, bytes)], headers=headers)
        .read_bytes()
        .splitlines(keepends=True)
    )
    path.write_bytes(b"".join([lines[0], b'[0.0,""]\n', *lines[1:]]))
    with replay_server(path) as server:
        assert events(server).content == b"".join(BLOCKS)


def test_headers_of_the_connection_and_masked_ones_are_left_out(path: Path) -> None:
    headers = [
        *TYPE,
        ("Transfer-Encoding", "chunked"),
        ("content-length", "3"),
        ("Connection", "keep-alive"),
        ("Set-Cookie", "a=b"),
        ("X-Kept", "1"),
    ]
    with replay_server(written(path, headers=headers)) as server:
        answer = events(server)
    assert set(answer.headers) == {"Content-Type", "X-Kept", "Transfer-Encoding"}


@pytest.mark.parametrize("status", [204, 304, 404, 503])
def test_other_statuses_are_served_as_recorded(path: Path, status: int) -> None:
    pieces = [] if status in {204, 304} else [b"no"]
    with replay_server(written(path, pieces, status=status)) as server, requests.Session() as session:
        for _ in range(2):
            answer = session.get(server.url, timeout=10)
            assert (answer.status_code, answer.content) == (status, b"".join(pieces))
        assert server.connections == 1


def test_pauses_are_kept_and_scaled(path: Path) -> None:
    written(path, pause=0.1)
    for speed, least, most in ((1.0, 0.5, 1.5), (5.0, 0.1, 0.45), (math.inf, 0.0, 0.1)):
        with replay_server(path, speed=speed) as server:
            start = time.monotonic()
            events(server)
            assert least <= time.monotonic() - start < most
            assert server.position == 0.5


def test_a_pause_that_no_clock_can_wait_is_a_long_one(path: Path) -> None:
    written(path, BLOCKS[:2], pause=1.0)
    with replay_server(path, speed=1e-300) as server, requests.get(server.url, stream=True, timeout=1) as response:
        assert response.status_code == 200
        with pytest.raises(requests.ConnectionError, match="timed out"):
            next(response.iter_content(None))


def test_slow_client_does_not_add_to_the_pauses(path: Path) -> None:
    written(path, pause=0.1)
    with replay_server(path) as server, requests.get(server.url, stream=True, timeout=10) as response:
        start = time.monotonic()
        for _ in response.iter_content(None):
            time.sleep(0.08)
        assert time.monotonic() - start < 0.85


# Ends


def test_recorded_cut_is_a_cut(path: Path) -> None:
    with replay_server(written(path, [*BLOCKS, b"data: ha"], end="cut")) as server:
        answer = exchange(server)
    assert answer.endswith(chunk(b"data: ha"))


@pytest.mark.parametrize("end", ["complete", "stopped"])
def test_other_ends_are_clean(path: Path, end: Any) -> None:
    with replay_server(written(path, end=end)) as server:
        assert events(server).content == b"".join(BLOCKS)


@both_clients
def test_truncated_recording_is_served_as_far_as_it_goes(path: Path, read: Any) -> None:
    data = written(path).read_bytes()
    path.write_bytes(data[: data.rindex(b"5")])
    with replay_server(path) as server:
        assert read(server.url) == DATA[:4]
        assert [request.headers.get("last-event-id") for request in server.requests] == [None, "4"]


# Resuming


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_stream_resumes_after_every_id(path: Path, size: int, line_end: bytes) -> None:
    body = b"\xef\xbb\xbf" + b"".join(BLOCKS).replace(b"\n", line_end)
    written(path, [body[start : start + size] for start in range(0, len(body), size)])
    with replay_server(path) as server:
        for number in range(1, 5):
            rest = events(server, str(number)).content
            assert rest.lstrip(b"\n") == b"".join(BLOCKS[number:]).replace(b"\n", line_end)
        assert events(server, "5").status_code == 204


def test_id_that_is_not_ascii_is_found(path: Path) -> None:
    with replay_server(written(path, ["id: ä€\ndata: 1\n\n".encode(), b"data: 2\n\n"])) as server:
        assert requests.get(server.url, headers={"Last-Event-ID": "ä€".encode()}, timeout=10).text == "data: 2\n\n"


def test_unknown_id_gets_everything(path: Path) -> None:
    with replay_server(written(path)) as server:
        assert events(server, "x").content == b"".join(BLOCKS)


def test_id_of_a_block_without_data_is_a_place(path: Path) -> None:
    with replay_server(written(path, [b"data: 1\n\nid: a\n\ndata: 2\n\n"])) as server:
        assert events(server, "a").text == "data: 2\n\n"


def test_first_event_with_an_id_is_the_place_where_none_was_sent(path: Path) -> None:
    blocks = [b"id: a\ndata: 1\n\n", b"data: 2\n\n", b"id: a\ndata: 3\n\n", b"id: b\ndata: 4\n\n"]
    with replay_server(written(path, blocks)) as server:
        assert events(server, "a").content == b"".join(blocks[1:])


def test_event_that_was_sent_last_is_the_place_of_its_id(path: Path) -> None:
    blocks = [b"id: a\ndata: 1\n\n", b"id: b\ndata: 2\n\n", b"id: a\ndata: 3\n\n", b"id: c\ndata: 4\n\n"]
    with replay_server(written(path, blocks), drop_after=1) as server:
        assert blocking(server.url) == ["1", "2", "3", "4"]


def test_resuming_costs_no_second_look_at_what_came_before(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def counted(line: bytes) -> tuple[float, bytes]:
        nonlocal looks
        looks += 1
        return decoded_piece(line)

    written(path, [b"id: %d\ndata: x\n\n" % number for number in range(2400)])
    monkeypatch.setattr(reader, "decoded_piece", counted)
    with replay_server(path, drop_after=20) as server:
        assert len(blocking(server.url)) == 2400
    assert looks < 2400 + 5 * 120  # at each drop, some pieces around it are read again
    looks = 0
    with replay_server(path) as server:
        blocking(server.url)
        assert looks < 2500
        assert events(server, "5").text.startswith("id: 6\n")  # forgotten: looked for from the start


def test_pauses_count_from_the_place_of_resuming(path: Path) -> None:
    with replay_server(written(path, pause=0.1)) as server:
        start = time.monotonic()
        events(server, "4")
        assert 0.1 <= time.monotonic() - start < 0.35


def test_recording_without_ids_begins_again(path: Path) -> None:
    with replay_server(written(path, [b"data: 1\n\n", b"data: 2\n\n", b"data: end\n\n"]), drop_after=2) as server:
        taken: list[str] = []
        with sse_client.get(server.url, reconnect=AT_ONCE) as stream:
            for event in stream:
                taken.append(event.data)
                if len(taken) == 4:
                    break
    assert taken == ["1", "2", "1", "2"]


@both_clients
def test_compressed_recording_resumes_too(path: Path, read: Any) -> None:
    _, *steps = stream(BLOCKS, coding="gzip", framing="length")
    pieces = [step for step in steps if isinstance(step, bytes)]
    written(path, pieces, headers=[*TYPE, ("Content-Encoding", "gzip")])
    with replay_server(path) as server:
        whole = events(server)
        assert (whole.headers["content-encoding"], whole.content) == ("gzip", b"".join(BLOCKS))
        rest = events(server, "3")
        assert (rest.headers.get("content-encoding"), rest.content) == (None, b"".join(BLOCKS[3:]))
    with replay_server(path, drop_after=2) as server:
        assert read(server.url) == DATA


# Faults


@both_clients
@pytest.mark.parametrize("drop_after", [1, 2, 3, 5, 9])
def test_connections_drop_after_so_many_events(path: Path, read: Any, drop_after: int) -> None:
    with replay_server(written(path), drop_after=drop_after) as server:
        assert read(server.url) == DATA
        ids = [request.headers.get("last-event-id") for request in server.requests]
    assert ids == [None, *map(str, range(drop_after, 5, drop_after)), "5"]


def test_drop_comes_inside_the_next_event(path: Path) -> None:
    with replay_server(written(path, [b"".join(BLOCKS)]), drop_after=2) as server:
        answer = exchange(server)
    assert answer.endswith(chunk(b"".join(BLOCKS[:2])) + chunk(b"id:"))


def test_every_fault_has_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence in FAULTS.values())


@both_clients
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "html"])
def test_client_gets_all_events_in_spite_of(path: Path, read: Any, fault: Fault) -> None:
    expected = [DATA[0], *DATA] if fault == "forget" else DATA
    with replay_server(written(path), fault=fault) as server:
        assert read(server.url, timeout=0.3 if fault == "stall" else 10) == expected
        count = len(server.requests)
    assert count == (2 if fault in {"noise", "dribble"} else 3)


@both_clients
def test_page_instead_of_the_stream_is_final(path: Path, read: Any) -> None:
    with replay_server(written(path), fault="html") as server:
        with pytest.raises(sse_client.ContentTypeError):
            read(server.url)
        assert read(server.url) == DATA


@pytest.mark.parametrize(
    ("fault", "tail"),
    [
        ("cut", chunk(b"id:")),
        ("end", chunk(b"id:") + chunk(b"")),
        ("garbage", b"no chunk\r\n"),
        ("dribble", b"".join(chunk(bytes([byte])) for byte in b"".join(BLOCKS[1:])) + chunk(b"")),
    ],
)
def test_fault_sends_just_these_bytes(path: Path, fault: Fault, tail: bytes) -> None:
    with replay_server(written(path), fault=fault) as server, socket.create_connection(("127.0.0.1", server.port)) as s:
        s.settimeout(10)
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        received = b""
        while not received.endswith(tail):
            data = s.recv(65536)
            assert data, received
            received += data
    assert received.partition(b"\r\n\r\n")[2] == chunk(BLOCKS[0]) + tail


def test_reset_resets_the_connection(path: Path) -> None:
    with replay_server(written(path), fault="reset") as server, pytest.raises(ConnectionResetError):
        exchange(server)


def test_fault_without_drop_after_strikes_once(path: Path) -> None:
    with replay_server(written(path), fault="cut") as server:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            events(server)
        assert [events(server).content for _ in range(2)] == [b"".join(BLOCKS)] * 2
    with replay_server(written(path), fault="status") as server:
        assert [events(server).status_code for _ in range(3)] == [503, 200, 200]


@both_clients
def test_fault_instead_of_the_stream_follows_each_drop(path: Path, read: Any) -> None:
    with replay_server(written(path), fault="status", drop_after=2) as server:
        assert read(server.url) == DATA
        ids = [request.headers.get("last-event-id") for request in server.requests]
    assert ids == [None, None, "2", "2", "4", "4", "5", "5"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed": 0}, "expected a speed above 0, got 0"),
        ({"speed": -1}, "expected a speed above 0, got -1"),
        ({"speed": math.nan}, "expected a speed above 0, got nan"),
        ({"drop_after": 0}, "expected a drop after 1 event or more, got 0"),
        ({"fault": "fire"}, "expected a fault among cut, end, .*; got 'fire'"),
    ],
)
def test_argument_out_of_range_is_refused(path: Path, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replay_server(written(path), **options)


def test_what_is_no_recording_is_refused(path: Path) -> None:
    path.write_bytes(b"data: 1\n\n")
    with pytest.raises(RecordingError):
        replay_server(path)
    with pytest.raises(FileNotFoundError):
        replay_server(path.with_name("missing"))


def test_port_may_be_chosen_and_may_be_in_use(path: Path) -> None:
    with replay_server(written(path)) as server:
        with pytest.raises(OSError, match="in use"):
            replay_server(path, port=server.port)
        port = server.port
    with replay_server(path, port=port) as server:
        assert server.url == f"http://127.0.0.1:{port}"


def test_damaged_recording_is_an_error_of_the_server(path: Path) -> None:
    lines = written(path).read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"[]\n", *lines[3:]]))
    with pytest.raises(ExceptionGroup) as caught, replay_server(path) as server:
        assert exchange(server).endswith(chunk(BLOCKS[1]))
    assert "line 4" in str(caught.value.exceptions[0])


def test_replay_can_be_recorded_and_replayed(path: Path, tmp_path: Path) -> None:
    with replay_server(written(path, pause=0.02)) as server:
        again = record(server.url, tmp_path / "again.sse")
    with replay_server(again.path, drop_after=1) as server, Client(reconnect=AT_ONCE) as client:
        assert [event.data for event in client.get(server.url)] == DATA


def test_fixture_starts_a_server_for_each_file(path: Path, sse_replay: SSEReplay) -> None:
    written(path)
    servers = [sse_replay(path), sse_replay(path, drop_after=1, speed=2.0, fault="end")]
    assert [requests.get(server.url, timeout=10).content for server in servers] == [
        b"".join(BLOCKS),
        BLOCKS[0] + b"id:",
    ]
    with pytest.raises(FileNotFoundError):
        sse_replay("missing.sse")


def test_page_has_every_fault_with_its_sentence() -> None:
    page = (ROOT / "docs" / "recordings.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    assert dict(rows) == FAULTS


def test_speed_that_is_no_number_is_refused(path: Path) -> None:
    wrong: Any = "fast"
    with pytest.raises(TypeError, match="speed: expected a number, got str"):
        replay_server(path, speed=wrong)
