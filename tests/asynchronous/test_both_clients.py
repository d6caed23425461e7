"""The same scenarios through both clients."""

from __future__ import annotations

import asyncio
import errno
import io
import threading
import traceback
from array import array
from base64 import b64encode
from collections import deque
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Literal

import pytest
from requests.auth import HTTPDigestAuth

import sse_client
from sse_client import (
    Attempt,
    BodyNotReplayable,
    Closed,
    ConnectionFailed,
    ContentTypeError,
    DeadlineExceeded,
    Event,
    EventTooLarge,
    IdleTimeout,
    Lost,
    Opened,
    Reconnect,
    RedirectRefused,
    Request,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
    Timeout,
)
from sse_client._http.optional_codings import zstd_module
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Server, Wait, chunk, head, reply, stream

from .differences import EXAMPLES, NO_CORE
from .kit import AT_ONCE, CLIENTS, ONE, Asyncio, Blocking, Client, Log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from sse_client.testing import Step

DONE = stream([b"data: 1\n\n"])


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Client:
    """One client after the other."""
    if request.param in EXAMPLES and (missing := NO_CORE.get(request.node.originalname)) is not None:
        pytest.skip(missing)
    return CLIENTS[request.param]()


def to(location: str, status: int = 302) -> list[Step]:
    return reply(status, headers={"Location": location})


# Reading


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "br"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_an_event_is_yielded_while_the_server_waits_before_it_sends_more(
    client: Client,
    framing: Literal["chunked", "length", "close"],
    coding: Literal["gzip", "deflate", "br"] | None,
    event: threading.Event,
) -> None:
    steps = stream([b"data: 1\n\n", b"data: 2\n\n"], framing=framing, coding=coding)
    with Server([*steps[:2], Wait(event), *steps[2:]]) as server:
        assert client.read("POST", server.url, take=1, timeout=5).data == ["1"]
        event.set()


def test_an_event_of_a_zstd_body_is_yielded_while_the_server_waits(client: Client, event: threading.Event) -> None:
    module = zstd_module()
    assert module is not None
    compressor: Any = module.ZstdCompressor()
    pieces = [compressor.compress(b"data: %d\n\n" % number, compressor.FLUSH_BLOCK) for number in (1, 2)]
    start = head(200, {"Content-Encoding": "zstd"})
    script: list[Step] = [start, chunk(pieces[0]), Wait(event), chunk(pieces[1] + compressor.flush()), LAST_CHUNK]
    with Server(script) as server:
        assert client.read("POST", server.url, take=1, timeout=5).data == ["1"]
        event.set()


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "br"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_clean_end_ends_the_iteration_of_a_post(
    client: Client, framing: Literal["chunked", "length", "close"], coding: Literal["gzip", "deflate", "br"] | None
) -> None:
    with Server(stream([b"data: 1\n\n", b"data: 2\n\n"], framing=framing, coding=coding)) as server:
        reading = client.read("POST", server.url)
        assert reading.outcome == (["1", "2"], None)
        assert (reading.stream.state, reading.stream.reason) == ("closed", "end")


class Later:
    """An observer that sets an event a little later."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, _: object) -> None:
        threading.Timer(0.1, self._event.set).start()


CUT: list[Any] = [
    pytest.param([*ONE, CLOSE], id="before the last chunk"),
    pytest.param([*ONE, b"5\r\nda", CLOSE], id="inside a chunk"),
    pytest.param([*ONE, b"zz\r\n", STALL], id="by malformed framing"),
    pytest.param([head(framing="length", length=99), b"data: 1\n\ndata: 2", CLOSE], id="before its length"),
    pytest.param([*ONE, RESET], id="by a reset"),
    pytest.param([head(framing="close"), b"data: 1\n\n", RESET], id="by a reset, until close"),
]


@pytest.mark.parametrize("script", CUT)
def test_a_body_cut_off_is_a_lost_connection_after_the_events_that_were_whole(
    client: Client, script: list[Step]
) -> None:
    seen = threading.Event()
    with Server([*script[:2], Wait(seen), *script[2:]]) as server:
        options: dict[str, Any] = {"timeout": 10, "observer": Later(seen)}
        reading = client.read("POST", server.url, **options)
        assert reading.data == ["1"]
        assert isinstance(reading.error, ConnectionFailed)
        assert not isinstance(reading.error, IdleTimeout)
        assert reading.error.sent


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_compressed_body_cut_short_is_a_lost_connection(
    client: Client, framing: Literal["chunked", "length", "close"]
) -> None:
    steps = [step for step in stream([b"data: 1\n\n"], coding="gzip") if isinstance(step, bytes)]
    body = steps[1].partition(b"\r\n")[2][:-2]
    with Server() as server:
        start = head(200, {"Content-Encoding": "gzip"}, framing=framing, length=len(body))
        server.script([start, chunk(body) + LAST_CHUNK if framing == "chunked" else body, CLOSE])
        assert client.read("POST", server.url).outcome == (["1"], ConnectionFailed)


def test_a_corrupt_body_is_a_lost_connection(client: Client) -> None:
    with Server([head(200, {"Content-Encoding": "gzip"}), chunk(b"\x1f\x8b no gzip at all"), STALL]) as server:
        assert client.read("POST", server.url, timeout=10).outcome == ([], ConnectionFailed)


def test_a_compressed_answer_without_a_body_is_no_error(client: Client) -> None:
    with Server([head(200, {"Content-Encoding": "gzip"}), LAST_CHUNK]) as server:
        assert client.read("POST", server.url).outcome == ([], None)


def test_a_bomb_is_too_large_an_event_and_not_unfolded_first(client: Client) -> None:
    bomb = stream([b"data: " + b"x" * 50_000_000 + b"\n\n"], coding="gzip")
    with Server(bomb) as server:
        assert client.read("POST", server.url, max_event_size=1_000_000).outcome == ([], EventTooLarge)


def test_a_coding_that_cannot_be_undone_is_an_error(client: Client) -> None:
    with Server(reply(200, b"x", {"Content-Encoding": "compress", "Content-Type": "text/event-stream"})) as server:
        reading = client.read("POST", server.url)
        assert isinstance(reading.error, ResponseError)
        assert reading.error.body == b""


# Reconnecting


def test_a_get_goes_on_from_where_it_was_cut(client: Client) -> None:
    with Server(events=5, drop_after=2, retry=0) as server:
        reading = client.read("GET", f"{server.url}/events")
        assert reading.data == [f"event {number}" for number in range(1, 6)]
        assert reading.ids == ["1", "2", "3", "4", "5"]
        assert reading.stream.reason == "no content"
        assert reading.stream.reconnection_time == 0
        assert reading.stream.stats.connections == 3
        sent = [request.headers.get("last-event-id") for request in server.requests]
        assert sent == [None, "2", "4", "5"]


def test_a_last_event_id_is_sent_as_utf_8(client: Client) -> None:
    with Server([head(), chunk("id: über\ndata: 1\n\n".encode()), LAST_CHUNK], reply(204)) as server:
        assert client.read("GET", server.url, reconnect=AT_ONCE).outcome == (["1"], None)
        assert dict(server.requests[1].raw_headers)[b"Last-Event-ID"] == "über".encode()


@pytest.mark.parametrize(
    ("script", "times"),
    [
        pytest.param([RESET], 1, id="a reset before the head"),
        pytest.param([*ONE, CLOSE], 1, id="a body cut off"),
        pytest.param(reply(500), 1, id="500"),
        pytest.param(reply(503), 1, id="503"),
        pytest.param(reply(503, headers={"Retry-After": "0"}), 2, id="503 with Retry-After"),
        pytest.param(reply(429, headers={"Retry-After": "0"}), 2, id="429 with Retry-After"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_may_have_been_processed_is_not_sent_twice(
    client: Client, method: str, script: list[Step], times: int
) -> None:
    with Server(script, DONE) as server:
        reading = client.read(method, server.url)
        assert len(server.requests) == times
        assert isinstance(reading.error, SSEError) == (times == 1)


def test_a_used_connection_that_is_gone_is_no_reason_to_send_a_put_twice(client: Client) -> None:
    """A PUT is repeatable by the book, and a transport may know that."""

    def gone(_: object) -> Iterator[Step]:
        yield RESET

    with Server(stream([b"data: 1\n\n"]), gone, DONE) as server:
        assert client.read("PUT", server.url).outcome == (["1"], None)
        assert client.read("PUT", server.url).outcome == ([], ConnectionFailed)
        assert len(server.requests) == 2


def test_a_refused_connection_proves_that_nothing_was_sent(client: Client) -> None:
    reading = client.read("POST", "http://127.0.0.1:9/?secret", reconnect=AT_ONCE)
    assert isinstance(reading.error, ConnectionFailed)
    assert not reading.error.sent
    assert reading.stream.stats.useless_attempts == 3
    assert any("Gave up after 3 failed attempts" in note for note in reading.error.__notes__)


def test_a_name_that_is_unknown_proves_it_too(client: Client) -> None:
    reading = client.read("POST", "http://no.such.host.invalid/", reconnect=AT_ONCE)
    assert isinstance(reading.error, ConnectionFailed)
    assert not reading.error.sent


BODIES: list[Any] = [
    pytest.param(lambda: {"data": b"abcd"}, b"abcd", id="bytes"),
    pytest.param(lambda: {"data": "\u20acd"}, "\u20acd".encode(), id="a str"),
    pytest.param(lambda: {"data": {"a": "1", "b": ["2", "3"]}}, b"a=1&b=2&b=3", id="a form"),
    pytest.param(lambda: {"json": {"a": [1, None]}}, b'{"a": [1, null]}', id="json"),
    pytest.param(lambda: {"data": io.BytesIO(b"abcd")}, b"abcd", id="a file"),
    pytest.param(lambda: {"data": io.StringIO("abcd")}, b"abcd", id="a file of text"),
    pytest.param(lambda: {"data": lambda: iter([b"ab", b"cd"])}, b"abcd", id="a callable that returns an iterator"),
    pytest.param(lambda: {"data": deque([b"ab", "cd", b""])}, b"abcd", id="an iterable with a number of pieces"),
    pytest.param(lambda: {"data": lambda: iter([array("H", b"ab"), memoryview(b"c-d-")[::2]])}, b"abcd", id="buffers"),
    pytest.param(lambda: {"data": b"x" * 3_000_000}, b"x" * 3_000_000, id="many bytes"),
    pytest.param(dict, b"", id="none"),
]


@pytest.mark.parametrize(("options", "body"), BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_a_body_is_sent_again_as_it_was(
    client: Client, method: str, options: Callable[[], dict[str, Any]], body: bytes
) -> None:
    with Server(reply(503), [*ONE, CLOSE], stream([b"data: 2\n\n", b"data: end\n\n"])) as server:
        reading = client.read(method, server.url, reconnect=AT_ONCE, until="end", **options())
        assert reading.outcome == (["1", "2"], None)
        assert [(request.method, request.body) for request in server.requests] == [(method, body)] * 3


@pytest.mark.parametrize(("options", "body"), BODIES)
def test_both_clients_send_the_same(options: Callable[[], dict[str, Any]], body: bytes) -> None:
    with Server(*[DONE] * 4) as server:
        for each in (Blocking(), Asyncio()):
            made = options()
            made["headers"] = {"X-Mine": "1", "Cookie": "a=b", "Accept": None}
            each.read("POST", f"{server.url}/p?q=1", params={"r": "s t"}, auth=("u", "p"), **made)
        first, second = server.requests
        assert (first.path, first.body) == (second.path, second.body)
        own = {"user-agent", "connection"}
        assert {name: value for name, value in first.headers.items() if name not in own} == {
            name: value for name, value in second.headers.items() if name not in own
        }


def test_a_header_that_is_none_is_not_sent_though_the_library_would_add_it(client: Client) -> None:
    left_out = {"user-agent": None, "Connection": None, "Accept": None, "cache-control": None}
    with Server(reply(307, headers={"Location": "/there"}), DONE, DONE) as server:
        for method, body in (("GET", None), ("POST", b"x")):
            reading = client.read(method, server.url, data=body, headers=left_out, reconnect=False)
            assert reading.outcome == (["1"], None)
        for request in server.requests:
            assert not {*request.headers} & {"user-agent", "connection", "accept", "cache-control"}


def test_a_generator_is_not_sent_a_second_time_not_even_empty(client: Client) -> None:
    def body() -> Iterator[bytes]:
        yield b"ab"
        yield b"cd"

    with Server(reply(503), DONE) as server:
        reading = client.read("POST", server.url, data=body(), reconnect=AT_ONCE)
        assert reading.outcome == ([], BodyNotReplayable)
        assert [request.body for request in server.requests] == [b"abcd"]


@pytest.mark.parametrize("error", [FileNotFoundError("no more"), LookupError("no more")])
def test_an_error_of_a_body_is_the_callers(client: Client, error: Exception) -> None:
    def body() -> Iterator[bytes]:
        yield b"ab"
        raise error

    with Server([STALL]) as server:
        reading = client.read("POST", server.url, data=body(), reconnect=AT_ONCE)
        assert reading.error is error
        assert server.requests == []


@pytest.mark.parametrize("error", [OSError(errno.EIO, "the disk"), LookupError("no more")])
def test_an_error_of_a_file_is_the_callers(client: Client, error: Exception) -> None:
    class File:
        def read(self, size: int = -1) -> bytes:
            raise error

    with Server([STALL]) as server:
        reading = client.read("POST", server.url, data=File(), reconnect=AT_ONCE)
        assert reading.error is error
        assert server.requests == []


def test_a_file_of_an_exhausted_iterator_is_no_hang(client: Client) -> None:
    pieces = iter([b"ab"])

    class File:
        def read(self, size: int = -1) -> bytes:
            return next(pieces)

    with Server([STALL]) as server:
        reading = client.read("POST", server.url, data=File(), reconnect=AT_ONCE, timeout=Timeout(total=10))
        assert isinstance(reading.error, RuntimeError)
        assert server.requests == []


def test_a_cookie_that_cannot_be_sent_is_a_mistake_and_is_not_shown(client: Client) -> None:
    log = Log()
    with Server([STALL]) as server:
        reading = client.read("GET", server.url, cookies={"a": "s3cret\u4e2d"}, observer=log, reconnect=AT_ONCE)
        assert isinstance(reading.error, ValueError)
        assert "s3cret" not in f"{reading.error!r} {log.news!r} {''.join(traceback.format_exception(reading.error))}"
        assert server.connections == 0


@pytest.mark.parametrize(("pieces", "got"), [([b"abc"], "only 3"), ([b"abcd", b"efg"], "more"), ([], "only 0")])
def test_a_body_is_as_long_as_it_was_declared(client: Client, pieces: list[bytes], got: str) -> None:
    with Server([STALL]) as server:
        reading = client.read(
            "POST", server.url, data=iter(pieces), headers={"Content-Length": "5"}, timeout=Timeout(total=10)
        )
        assert isinstance(reading.error, ValueError)
        assert str(reading.error) == f"data: expected 5 bytes, as Content-Length declares, got {got}"
        assert b"efg" not in b"".join(request.body for request in server.requests)


def test_a_file_that_grows_while_it_is_sent_is_no_second_request(client: Client, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"abcd")

    class Log:
        def __init__(self) -> None:
            self.file = (tmp_path / "log").open("rb")

        def tell(self) -> int:
            return self.file.tell()

        def seek(self, *place: int) -> int:
            return self.file.seek(*place)

        def read(self, size: int = -1) -> bytes:
            with (tmp_path / "log").open("ab") as more:
                more.write(b"efgh")
            return self.file.read(size)

    with Server(DONE, DONE) as server:
        for _ in range(2):
            (tmp_path / "log").write_bytes(b"abcd")
            log = Log()
            with log.file:
                assert client.read("POST", server.url, data=log, reconnect=False).outcome == (["1"], None)
        assert [request.body for request in server.requests] == [b"abcd", b"abcd"]


@pytest.mark.parametrize("data", [range(3), {"a": 1}.items(), deque([None])], ids=lambda data: type(data).__name__)
def test_pieces_that_are_no_bytes_are_a_type_error(client: Client, data: Any) -> None:
    with Server([STALL]) as server:
        reading = client.read("POST", server.url, data=data, reconnect=AT_ONCE)
        assert isinstance(reading.error, TypeError)
        assert "data: expected an iterable of bytes, got one of" in str(reading.error)
        assert (server.requests, reading.stream.stats.useless_attempts) == ([], 0)


def test_a_list_of_pieces_is_no_form(client: Client) -> None:
    with Server(DONE) as server:
        reading = client.read("POST", server.url, data=[b"ab", b"cd"], reconnect=AT_ONCE)
        assert isinstance(reading.error, ValueError)
        assert "data: expected a mapping, or pairs of a name and a value; join the pieces" in str(reading.error)
        assert server.connections == 0


@pytest.mark.parametrize("name", ["blocking", "httpx2", "httpx"])
def test_an_asynchronous_body_is_refused_where_nothing_awaits(name: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"

    with Server(DONE) as server:
        reading = CLIENTS[name]().read("POST", server.url, data=pieces(), reconnect=AT_ONCE)
        assert isinstance(reading.error, TypeError)
        assert "got async_generator, which nothing awaits here" in str(reading.error)
        assert server.requests == []


CHALLENGE = reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'})


@pytest.mark.parametrize(("options", "body"), BODIES)
def test_a_challenge_is_answered_with_the_whole_body(
    client: Client, options: Callable[[], dict[str, Any]], body: bytes
) -> None:
    with Server(CHALLENGE, [*ONE, CLOSE], DONE) as server:
        reading = client.read("POST", server.url, auth=HTTPDigestAuth("u", "p"), reconnect=AT_ONCE, **options())
        assert reading.data == ["1", "1"]
        assert [request.body for request in server.requests[:3]] == [body] * 3


def test_a_body_that_is_used_up_answers_no_challenge(client: Client) -> None:
    with Server(CHALLENGE, DONE) as server:
        auth = HTTPDigestAuth("u", "p")
        reading = client.read("POST", server.url, auth=auth, data=iter([b"ab", b"cd"]), reconnect=AT_ONCE)
        assert reading.outcome == ([], BodyNotReplayable)
        assert [request.body for request in server.requests if "authorization" not in request.headers] == [b"abcd"]
        assert len(server.requests) == 1


# Redirects and credentials


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (301, "PUT", "PUT"), (307, "POST", "POST")],
)
def test_a_redirect_changes_the_method_as_requests_does(client: Client, status: int, method: str, then: str) -> None:
    with Server(to("/b", status), DONE) as server:
        reading = client.read(method, f"{server.url}/a", data=b"x", reconnect=False)
        assert reading.outcome == (["1"], None)
        kept = b"x" if status == 307 else b""
        assert [(each.method, each.path, each.body) for each in server.requests] == [
            (method, "/a", b"x"),
            (then, "/b", kept),
        ]
        assert reading.stream.response is not None
        assert reading.stream.response.url == f"{server.url}/b"


def test_credentials_stay_within_the_origin(client: Client) -> None:
    headers = {"Authorization": "Bearer key", "api-key": "key", "X-Mine": "1", "Accept-Language": "de"}
    with Server() as first, Server() as second:
        first.script(to("/b"), to(f"{second.url}/c", 302))
        second.script(to("/d"), DONE)
        reading = client.read(
            "GET", f"{first.url}/a", headers=headers, cookies={"sid": "1"}, last_event_id="7", reconnect=False
        )
        assert reading.outcome == (["1"], None)
        for request in first.requests:
            assert request.headers["authorization"] == "Bearer key"
            assert request.headers["cookie"] == "sid=1"
        for request in second.requests:
            assert not {"authorization", "api-key", "x-mine", "cookie"} & {*request.headers}
            assert request.headers["accept-language"] == "de"
            assert request.headers["last-event-id"] == "7"
            assert request.headers["accept"] == "text/event-stream"


def test_user_and_password_in_the_url_do_not_leave_the_origin(client: Client) -> None:
    with Server() as first, Server() as second:
        first.script(to("/b"), to(second.url))
        second.script(DONE)
        url = first.url.replace("//", "//user:p%40ss@")
        assert client.read("GET", url, reconnect=False).outcome == (["1"], None)
        expected = "Basic " + b64encode(b"user:p@ss").decode()
        assert [request.headers.get("authorization") for request in first.requests] == [expected] * 2
        assert "authorization" not in second.requests[0].headers


def test_a_body_does_not_leave_the_origin(client: Client) -> None:
    with Server() as first, Server() as second:
        first.script(to(second.url, 307))
        assert client.read("POST", first.url, data=b"x").outcome == ([], RedirectRefused)
        assert second.connections == 0


def test_a_cookie_that_a_redirect_sets_is_sent_to_where_it_leads(client: Client) -> None:
    with Server(reply(302, headers={"Location": "/b", "Set-Cookie": "sid=1; Path=/"}), DONE) as server:
        assert client.read("GET", server.url, reconnect=False, cookies={"mine": "2"}).outcome == (["1"], None)
        assert server.requests[0].headers["cookie"] == "mine=2"
        assert set(server.requests[1].headers["cookie"].split("; ")) == {"mine=2", "sid=1"}


def test_a_cookie_may_be_a_number_or_a_morsel(client: Client) -> None:
    for cookies in ({"a": 1}, SimpleCookie("a=1")):
        with Server(DONE) as server:
            assert client.read("GET", server.url, reconnect=False, cookies=cookies).outcome == (["1"], None)
            assert server.requests[0].headers["cookie"] == "a=1"


@pytest.mark.parametrize(
    ("location", "path"),
    [("b", "/dir/b"), ("../b?c=d", "/b?c=d"), ("/a b", "/a%20b"), ("/caf\xc3\xa9", "/caf%C3%A9"), ("/b#part", "/b")],
)
def test_a_location_is_resolved_as_a_browser_does(client: Client, location: str, path: str) -> None:
    with Server(to(location), DONE) as server:
        assert client.read("GET", f"{server.url}/dir/a", reconnect=False).outcome == (["1"], None)
        assert server.requests[1].path == path


@pytest.mark.parametrize(
    "location",
    ["http://[", "http://a:99999/", "http://*/", f"http://{'a' * 70}.example/", "ftp://127.0.0.1/", "javascript:0"],
)
def test_a_location_that_leads_nowhere_is_final(client: Client, location: str) -> None:
    with Server(to(location), DONE) as server:
        assert client.read("GET", server.url, reconnect=AT_ONCE).outcome == ([], RedirectRefused)


def test_a_redirect_loop_ends(client: Client) -> None:
    with Server(*[to("/a")] * 99) as server:
        assert client.read("GET", server.url).outcome == ([], RedirectRefused)
        assert len(server.requests) == 31


def test_the_body_of_a_redirect_is_not_read(client: Client) -> None:
    with Server([head(302, {"Location": "/b"}), chunk(b"moved"), STALL], DONE) as server:
        assert client.read("GET", server.url, reconnect=False, timeout=5).outcome == (["1"], None)


def test_netrc_is_used_and_never_replaces_the_callers_key(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login user password word\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    with Server(*[reply(204)] * 3) as server, Server(reply(204)) as other:
        client.read("GET", server.url)
        client.read("GET", server.url, headers={"authorization": "Bearer mine"})
        server.script(to(other.url))
        client.read("GET", server.url, headers={"Authorization": None})
        # httpx and httpx2 read ~/.netrc only where the client is told to, by `auth=httpx2.NetRCAuth()`.
        expected = None if client.name.startswith("httpx") else "Basic " + b64encode(b"user:word").decode()
        sent = [request.headers.get("authorization") for request in server.requests]
        assert sent == [expected, "Bearer mine", None]


# Options


def is_the_end(event: Event) -> bool:
    return event.data == "end"


@pytest.mark.parametrize("until", ["end", is_the_end], ids=["a str", "a predicate"])
def test_until_ends_the_iteration_and_the_connection_is_used_again(client: Client, until: Any) -> None:
    with Server(*[stream([b"data: 1\n\n", b"data: end\n\n", b"data: 2\n\n"])] * 2) as server:
        readings = client.read_twice(server.url, until=until)
        assert [reading.data for reading in readings] == [["1"], ["1"]]
        assert [reading.stream.reason for reading in readings] == ["until", "until"]
        assert server.connections == 1


def test_what_still_comes_behind_the_last_event_is_let_pass(client: Client) -> None:
    script = [*ONE, Pause(0.05), chunk(b"data: 2\n\n"), Pause(0.05), LAST_CHUNK]
    with Server(script, script) as server:
        client.read_twice(server.url, until="1")
        assert server.connections == 1


def test_a_server_that_idles_after_the_last_event_costs_a_quarter_of_a_second_once(client: Client) -> None:
    with Server([*ONE, STALL], [*ONE, STALL]) as server:
        assert client.read("GET", server.url, until="1").outcome == ([], None)


def test_an_end_before_until_is_truncated(client: Client) -> None:
    with Server(DONE) as server:
        assert client.read("POST", server.url, until="end").outcome == (["1"], StreamTruncated)


def test_comments_are_yielded_if_asked_for(client: Client) -> None:
    with Server(stream([b": hi\n\n", b"data: 1\n\n"])) as server:
        assert client.read("POST", server.url, comments=True).data == [": hi", "1"]


def test_a_checkpoint_is_loaded_once_and_saved_behind_each_event(client: Client) -> None:
    class Place:
        saved: list[str]

        def __init__(self) -> None:
            self.saved = []

        def load(self) -> str:
            return "3"

        def save(self, last_event_id: str) -> None:
            self.saved.append(last_event_id)

    place = Place()
    with Server(stream([b"id: 4\ndata: 4\n\nid: 5\ndata: 5\n\n"]), reply(204)) as server:
        assert client.read("GET", server.url, checkpoint=place, take=2, reconnect=AT_ONCE).data == ["4", "5"]
        assert place.saved == ["4"]
        assert server.requests[0].headers["last-event-id"] == "3"


def test_prepare_is_called_before_every_attempt(client: Client) -> None:
    seen: list[Attempt] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        seen.append(attempt)
        return replace(request, headers={"X-Token": str(attempt.number)})

    with Server(reply(503), [*ONE, CLOSE], reply(204)) as server:
        assert client.read("GET", server.url, prepare=prepare, reconnect=AT_ONCE).outcome == (["1"], None)
        assert [request.headers["x-token"] for request in server.requests] == ["1", "2", "3"]
        assert [type(attempt.error) for attempt in seen] == [type(None), StatusError, ConnectionFailed]


def test_an_error_of_prepare_or_of_an_observer_is_the_callers(client: Client) -> None:
    def broken(*_: object) -> Any:
        raise LookupError("mine")

    with Server(DONE, DONE) as server:
        for name in ("prepare", "observer"):
            options: dict[str, Any] = {name: broken}
            reading = client.read("GET", server.url, **options)
            assert isinstance(reading.error, LookupError)


@pytest.mark.parametrize("error", [ConnectionFailed("mine"), StatusError("mine", status=503)], ids=repr)
def test_what_an_observer_or_a_checkpoint_raises_is_no_loss_though_it_is_an_error_of_ours(
    client: Client, error: SSEError
) -> None:
    class Broken:
        def load(self) -> str:
            return ""

        def save(self, last_event_id: str) -> None:
            raise error

    def observe(news: object) -> None:
        if isinstance(news, Opened):
            raise error

    options: list[dict[str, Any]] = [{"observer": observe}, {"checkpoint": Broken()}]
    for each in options:
        begin: list[Step] = [head(), chunk(b"id: 1\ndata: 1\n\n"), CLOSE]
        with Server(begin, begin) as server:
            reading = client.read("GET", server.url, reconnect=AT_ONCE, **each)
            assert reading.error is error
            assert (len(server.requests), reading.stream.reason) == (1, "error")


def test_an_observer_hears_of_each_step(client: Client) -> None:
    log = Log()
    with Server([*ONE, CLOSE], reply(204)) as server:
        client.read("GET", server.url, observer=log, reconnect=AT_ONCE)
    assert log.names == ["Opened", "Lost", "Closed"]
    opened, _, closed = log.news
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert closed.reason == "no content"
    assert (opened.response.status, opened.response.headers["content-TYPE"]) == (200, "text/event-stream")


def test_header_fields_of_one_name_are_one_value(client: Client) -> None:
    steps = [head(200, {"X-Two": ["a", "b"], "X-Odd": "\xfc"}), LAST_CHUNK]
    with Server(steps) as server:
        response = client.read("POST", server.url).stream.response
        assert response is not None
        assert (response.headers["x-two"], response.headers["x-odd"]) == ("a, b", "\xfc")


# Timeouts


def test_there_may_be_no_limit_of_time(client: Client) -> None:
    with Server(DONE) as server:
        assert client.read("POST", server.url, timeout=None).outcome == (["1"], None)


@pytest.mark.parametrize("script", [[STALL], [head(), STALL], [*ONE, STALL]], ids=["the head", "the body", "the rest"])
def test_silence_is_an_idle_timeout(client: Client, script: list[Step]) -> None:
    with Server(script) as server:
        reading = client.read("POST", server.url, timeout=(5, 0.2))
        assert isinstance(reading.error, IdleTimeout)
        assert isinstance(reading.error.__cause__, TimeoutError)
        assert reading.error.sent


def test_bytes_are_life(client: Client, event: threading.Event) -> None:
    def slow() -> Iterator[Step]:
        yield head()
        for _ in range(6):
            yield chunk(b":\n")
            event.wait(0.1)
        yield chunk(b"data: 1\n\n")
        yield LAST_CHUNK

    with Server(slow()) as server:
        assert client.read("POST", server.url, timeout=(5, 0.4)).outcome == (["1"], None)


@pytest.mark.parametrize("parts", [0, 1, 2], ids=["the head", "the body", "the rest"])
def test_comments_do_not_stop_the_clock_of_an_event_nor_of_the_whole(
    client: Client, parts: int, event: threading.Event
) -> None:
    def dribble() -> Iterator[Step]:
        if parts == 0:
            yield b"HTTP/1.1 200 OK\r\n"
            while not event.wait(0.05):
                yield b"X-Pad: 1\r\n"
        yield from ONE[:parts]
        while not event.wait(0.05):
            yield chunk(b":\n")

    for timeout, error in [(Timeout(event=0.3), IdleTimeout), (Timeout(total=0.3), DeadlineExceeded)]:
        with Server(dribble()) as server:
            reading = client.read("POST", server.url, timeout=timeout)
            event.set()
            assert type(reading.error) is error
        event.clear()


def test_a_clock_runs_also_where_silence_has_no_limit(client: Client) -> None:
    with Server([*ONE, STALL]) as server:
        reading = client.read("POST", server.url, timeout=Timeout(read=None, event=0.3))
        assert reading.data == ["1"]
        assert type(reading.error) is IdleTimeout


def test_a_stream_without_any_limit_of_time_is_read_to_its_end(client: Client) -> None:
    with Server(DONE) as server:
        reading = client.read("POST", server.url, timeout=None)
        assert reading.data == ["1"]
        assert reading.error is None


@pytest.mark.parametrize(
    ("script", "options", "cause"),
    [
        pytest.param(reply(503, headers={"Retry-After": "900"}), {}, StatusError, id="Retry-After"),
        pytest.param(stream([b"retry: 900000\ndata: 1\n\n"]), {}, ConnectionFailed, id="retry"),
        pytest.param(reply(503), {"reconnect": Reconnect(initial_delay=900)}, StatusError, id="the caller's own"),
    ],
)
def test_a_wait_for_which_the_whole_has_no_time_left_is_not_begun(
    client: Client, script: list[Step], options: dict[str, Any], cause: type[SSEError]
) -> None:
    log = Log()
    with Server(script) as server:
        # Longer than a test may take.
        reading = client.read("GET", server.url, timeout=Timeout(total=600), observer=log, **options)
        assert len(server.requests) == 1
    assert type(reading.error) is DeadlineExceeded
    assert "would come only after another 9" in str(reading.error)
    assert type(reading.error.__cause__) is cause
    lost, closed = log.news[-2:]
    assert isinstance(lost, Lost)
    assert lost.error is reading.error.__cause__
    assert closed == Closed("error", reading.error)


# Answers that are no streams, and mistakes


@pytest.mark.parametrize(
    ("script", "error"),
    [
        pytest.param(reply(404, b"why"), StatusError, id="404"),
        pytest.param(reply(500, b"why"), StatusError, id="500"),
        pytest.param(reply(200, b"why"), ContentTypeError, id="another type"),
        pytest.param([head(500), chunk(b"why"), STALL], StatusError, id="slow"),
        pytest.param([head(500), chunk(b"why"), RESET], StatusError, id="cut"),
    ],
)
def test_an_answer_that_is_no_stream_is_an_error_with_its_body(
    client: Client, script: list[Step], error: type[ResponseError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sse_client._core.response_body._EXCERPT_SILENCE", 0.2)
    with Server(script) as server:
        reading = client.read("POST", server.url)
        assert isinstance(reading.error, error)
        assert reading.error.body in {b"why", b""}
        assert reading.stream.stats.connections == 0


def test_the_clock_of_the_whole_runs_while_the_body_of_a_bad_answer_is_waited_for(client: Client) -> None:
    with Server([head(500), chunk(b"why"), STALL]) as server:
        reading = client.read("POST", server.url, timeout=Timeout(total=1.0), reconnect=False)
        assert isinstance(reading.error, DeadlineExceeded)
        assert len(server.requests) == 1


def test_the_body_of_a_bad_answer_is_cut(client: Client) -> None:
    with Server(reply(500, b"x" * 200_000)) as server:
        reading = client.read("POST", server.url)
        assert isinstance(reading.error, StatusError)
        assert reading.error.body == b"x" * 64 * 1024


def test_an_answer_that_is_not_http_is_a_lost_connection(client: Client) -> None:
    with Server([b"SSH-2.0-OpenSSH\r\n\r\n", CLOSE], [CLOSE]) as server:
        for _ in range(2):
            assert client.read("POST", server.url).outcome == ([], ConnectionFailed)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"url": "http://"}, ValueError),
        ({"url": "ftp://127.0.0.1/"}, ValueError),
        ({"url": "http://127.0.0.1:99999/"}, ValueError),
        ({"url": "http://*/"}, ValueError),
        ({"headers": {"X": "a\r\nb"}}, ValueError),
        ({"last_event_id": "a\nb"}, ValueError),
        ({"colour": "red"}, TypeError),
        ({"timeout": -1}, ValueError),
    ],
)
def test_a_mistake_of_the_callers_is_told_at_once(
    client: Client, options: dict[str, Any], error: type[Exception]
) -> None:
    options = {"url": "http://127.0.0.1:9/", **options}
    try:
        reading = client.read("GET", **options)
    except error:
        return
    assert isinstance(reading.error, error)
    assert reading.stream.stats.useless_attempts == 0


def test_include_last_without_until_is_refused_before_anything_is_sent(client: Client) -> None:
    with Server(DONE) as server:
        with pytest.raises(TypeError, match="include_last: expected until as well"):
            client.read("POST", server.url, include_last=True)
        assert client.read("POST", server.url, include_last=True, until="1").data == ["1"]
        assert len(server.requests) == 1


def test_include_last_of_a_client_waits_for_a_streams_until() -> None:
    with Server(*[stream([b"data: 1\n\ndata: 2\n\n"])] * 3) as server:
        with sse_client.Client(include_last=True) as blocking:
            assert [event.data for event in blocking.post(server.url, until="1")] == ["1"]
            assert [event.data for event in blocking.post(server.url)] == ["1", "2"]
            with pytest.raises(TypeError, match="include_last"):
                blocking.subscribe("POST", server.url, print, include_last=True)

        async def main() -> list[str]:
            async with AsyncClient(include_last=True) as client:
                with pytest.raises(TypeError, match="include_last"):
                    client.subscribe("POST", server.url, print, include_last=True)
                return [event.data async for event in client.post(server.url, until="1")]

        assert asyncio.run(main()) == ["1"]


def test_a_place_among_the_headers_is_where_the_stream_begins(client: Client) -> None:
    with Server(stream([b"id: 9\ndata: 9\n\n"]), reply(204)) as server:
        reading = client.read("GET", server.url, headers={"last-event-id": "5"}, reconnect=AT_ONCE)
        assert reading.outcome == (["9"], None)
        assert [request.headers["last-event-id"] for request in server.requests] == ["5", "9"]


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([STALL], id="silence"),
        pytest.param([CLOSE], id="no head"),
        pytest.param([RESET], id="a reset"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX-Key: " + SECRET.encode(), CLOSE], id="half a head"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX-Key: " + SECRET.encode() + b"\0\r\n\r\n", CLOSE], id="a bad head"),
        pytest.param([head(200, {"X-Key": SECRET}), chunk(b"data: 1\n\n"), CLOSE], id="a body cut off"),
        pytest.param(reply(500, headers={"X-Key": SECRET}), id="500"),
        pytest.param(to(f"ftp://user:{SECRET}@host/"), id="a redirect to nowhere"),
        pytest.param(to(f"http://user:{SECRET}@127.0.0.1:1/?{SECRET}"), id="a redirect to a closed port"),
    ],
)
def test_no_error_shows_a_secret(client: Client, script: list[Step]) -> None:
    with Server(script) as server:
        url = server.url.replace("//", f"//user:{SECRET}@") + f"/?key={SECRET}"
        options: dict[str, Any] = {"headers": {"api-key": SECRET}, "timeout": (5, 0.3), "reconnect": False}
        for each in (url, f"http://user:{SECRET}@127.0.0.1:1/?key={SECRET}"):
            reading = client.read("GET", each, **options)
            assert isinstance(reading.error, SSEError)
            assert SECRET not in "".join(traceback.format_exception(reading.error))


def test_a_stream_goes_on_after_a_reconnect_as_the_caller_allows(client: Client) -> None:
    rules = Reconnect(initial_delay=0, max_attempts=2, statuses={418})
    with Server(reply(418), DONE, reply(204)) as server:
        assert client.read("POST", server.url, reconnect=rules).outcome == (["1"], None)
