"""What goes over the wire: bytes as they came, heads, Unix sockets, TLS."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from sse_client.cli.http.chunks import Chunks
from sse_client.cli.http.heads import Heads
from sse_client.cli.http.masking import Mask
from sse_client.cli.http.tee import Tee
from sse_client.cli.http.wire import Wire, session_over
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Pause, Server, chunk, head, stream

from .kit import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.testing import Step

BODY = b"".join(bytes([65 + n % 26]) * n for n in range(1, 60))
FRAMED = b"".join(b"%x;a=b\r\n%b\r\n" % (n, bytes([65 + n % 26]) * n) for n in range(1, 60)) + b"0\r\nX: y\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 10_000])
def test_framing_is_taken_away_however_it_is_cut(size: int) -> None:
    chunks = Chunks()
    pieces = [chunks.feed(FRAMED[at : at + size]) for at in range(0, len(FRAMED), size)]
    assert (b"".join(pieces), chunks.ended) == (BODY, True)


def test_line_feeds_alone_are_framing_too() -> None:
    chunks = Chunks()
    assert (chunks.feed(b"1\nx\n0\n\n"), chunks.ended) == (b"x", True)


@pytest.mark.parametrize(
    ("framed", "words"),
    [
        (b"x\r\n", "the size of a chunk"),
        (b"-1\r\n", "the size of a chunk"),
        (b"1\r\nxy\r\n", "more data"),
        (b"0" * 70_000, "without an end"),
    ],
)
def test_malformed_framing_is_an_error_after_its_data(framed: bytes, words: str) -> None:
    chunks = Chunks()
    for data in (framed, b""):
        with contextlib.suppress(ValueError):
            chunks.feed(data)  # the data before what is malformed comes first
    with pytest.raises(ValueError, match=words):
        chunks.feed(b"")


def test_many_sizes_are_not_all_kept() -> None:
    chunks = Chunks()
    for size in range(1, 5000):
        chunks.feed(b"%x\r\n%b\r\n" % (size, b"x" * size))
    assert len(chunks._sizes) <= 4096


def received(*steps: Step, pieces: int = 10) -> list[bytes]:
    """Return what a reader gets of a response over a wire that somebody else looks at."""
    seen: list[bytes] = []
    with Server(list(steps)) as server, session_over(Wire(received=lambda _: seen.append)) as session:
        with session.get(server.url, stream=True, timeout=0.3) as response:
            read: list[bytes] = []
            for _ in range(pieces):
                data = response.raw.read1(65536, decode_content=False)
                if not data:
                    break
                read.append(data)
        assert read == seen
        return read


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_body_is_seen_as_it_is_read(framing: Any) -> None:
    assert b"".join(received(*stream([b"data: 1\n\n", b"data: 2\n\n"], framing=framing))) == b"data: 1\n\ndata: 2\n\n"


def test_chunks_that_come_together_are_read_together() -> None:
    assert received(head() + chunk(b"data: 1\n\n") + chunk(b"data: 2\n\n") + LAST_CHUNK) == [b"data: 1\n\ndata: 2\n\n"]


def test_a_chunked_body_that_is_cut_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="it ended before the body's end"):
        received(head(), chunk(b"data: 1\n\n"), CLOSE)


def test_a_chunked_body_that_stalls_is_a_timeout() -> None:
    with pytest.raises(ReadTimeoutError):
        received(head(), chunk(b"data: 1\n\n"), STALL)


def test_malformed_framing_is_an_error_of_the_connection() -> None:
    with pytest.raises(ProtocolError, match="the size of a chunk"):
        received(head(), b"nonsense\r\n", CLOSE)


def test_framing_that_brings_no_data_is_read_on() -> None:
    assert received(head(), b"5\r\n", Pause(0.05), b"data:\r\n" + LAST_CHUNK) == [b"data:"]


def test_only_event_streams_are_looked_at() -> None:
    seen: list[bytes] = []
    with (
        Server([head(content_type="text/html"), chunk(b"hi"), LAST_CHUNK]) as server,
        session_over(Wire(received=lambda _: seen.append)) as session,
        session.get(server.url) as response,
    ):
        assert response.text == "hi"
    assert seen == []


def test_a_tee_reads_whole_amounts_too_and_hides_what_is_private() -> None:
    seen: list[bytes] = []
    with Server(stream([b"data: 1\n\n"])) as server, requests.get(server.url, stream=True) as response:
        tee = Tee(response.raw, seen.append)
        assert tee.status == 200
        with pytest.raises(AttributeError):
            _ = tee._original_response
        assert (tee.read(4), tee.read(0)) == (b"data", b"")
        assert seen == [b"data"]


def test_a_head_is_shown_as_it_is_sent() -> None:
    lines: list[str] = []
    heads = Heads(Mask(), lines.append)
    heads(requests.Request("GET", "http://x:8/a?b=c", headers={"A": b"\xe9", "Host": b"y"}).prepare())
    assert lines == ["> GET /a?b=c HTTP/1.1", "> A: é", "> Host: y", ">"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short: the path of a Unix socket has 107 bytes at most."""
    path = Path(tempfile.mkdtemp(prefix="sse"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def unix_socket(folder: Path) -> Iterator[str]:
    """A Unix socket that answers each of two connections with one event."""
    path = str(folder / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    listener.settimeout(10)

    def serve() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                asked = connection.recv(65536).split(b"\r\n")
                host = next(line for line in asked if line.lower().startswith(b"host"))
                connection.sendall(head(framing="close") + b"retry: 1\ndata: " + asked[0] + b", " + host + b"\n\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield path
    listener.close()
    thread.join(10)


def test_a_unix_socket_is_connected_to(unix_socket: str) -> None:
    ran = run("get", "http://service/events", "--unix-socket", unix_socket, "-n", "2", "-q")
    assert ran.lines == ["GET /events HTTP/1.1, Host: service"] * 2


def test_a_proxy_of_the_environment_does_not_change_what_a_unix_socket_is_asked(
    unix_socket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    ran = run("get", "http://service/events", "--unix-socket", unix_socket, "-n", "2", "-q")
    assert ran.lines == ["GET /events HTTP/1.1, Host: service"] * 2


def test_a_system_without_unix_sockets_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.http.wire.socket", SimpleNamespace())
    ran = run("get", "http://x/", "--unix-socket", "s")
    assert (ran.code, "this system has no Unix sockets" in ran.err) == (2, True)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_unix_socket_is_a_sentence(scheme: str) -> None:
    ran = run("get", f"{scheme}://x/", "--unix-socket", "/no/such", "--no-reconnect", "--timeout", "1")
    assert ran.code == 3
    assert "No such file or directory: '/no/such'" in ran.err


def test_a_unix_socket_with_too_long_a_path_is_a_sentence() -> None:
    ran = run("get", "http://x/", "--unix-socket", "/" + "s" * 200, "--no-reconnect")
    assert ran.code == 3
    assert "AF_UNIX path too long: /sss" in ran.err
