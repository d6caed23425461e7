"""`sse_client.compat`: what users of sseclient-py do with theirs, done with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import sseclient
import urllib3

from sse_client.compat import SSEClient
from sse_client.testing import RESET, Server, Wait, chunk, head, stream

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator


class Source:
    """A source of bytes with a `close` method, as sseclient-py asks for."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed = True


def fields(event: Any) -> tuple[Any, ...]:
    return event.id, event.event, event.data, event.retry


def read(*pieces: bytes, char_enc: str = "utf-8") -> list[tuple[Any, ...]]:
    return [fields(event) for event in SSEClient(Source(*pieces), char_enc).events()]


def test_it_is_an_sseclient_and_its_events_are_sseclients() -> None:
    client = SSEClient(Source(b"data: x\n\n"))
    assert isinstance(client, sseclient.SSEClient)
    (event,) = client.events()
    assert isinstance(event, sseclient.Event)
    assert str(event) == "message event, 1 bytes"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"data: a\n\n", b"data: b\n\n"], id="one event a piece"),
        pytest.param([b"event: e\nid: 1\nretry: 5\ndata: a\ndata: b\n\n"], id="all fields"),
        pytest.param([b"da", b"ta: a\n", b"\nid: 2\ndata: b\n", b"\n"], id="pieces end anywhere"),
        pytest.param([b": comment\n\ndata: a\r\n\r\n"], id="comments and CRLF"),
        pytest.param([b"event: no data\n\n"], id="a block without data"),
    ],
)
def test_what_sseclient_reads_rightly_is_read_alike(pieces: Iterable[bytes]) -> None:
    source: Any = Source(*pieces)  # their types ask for an iterator
    theirs = [fields(event) for event in sseclient.SSEClient(source).events()]
    assert read(*pieces) == theirs


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"\xef\xbb\xbfdata: x\n\n", [(None, "message", "x", None)], id="a BOM is dropped"),
        pytest.param(b"data: \xff\n\n", [(None, "message", "\ufffd", None)], id="a malformed byte does not raise"),
        pytest.param(b"data: x\n", [], id="an unfinished event is none"),
        pytest.param(
            b"id: 1\ndata: x\n\ndata: y\n\n", [("1", "message", "x", None), ("1", "message", "y", None)], id="ids stay"
        ),
    ],
)
def test_where_sseclient_is_not_compliant_this_one_is(stream: bytes, expected: list[tuple[Any, ...]]) -> None:
    assert read(stream) == expected


@pytest.mark.parametrize(
    ("char_enc", "encoding"), [("latin-1", "latin-1"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8"), ("UTF8", "utf-8")]
)
def test_other_encodings_are_decoded_as_asked_over_every_split(char_enc: str, encoding: str) -> None:
    encoded = "data: né\n\n".encode(encoding)
    for cut in range(len(encoded)):
        assert read(encoded[:cut], encoded[cut:], char_enc=char_enc) == [(None, "message", "né", None)]


def test_an_unknown_encoding_is_refused_at_once() -> None:
    with pytest.raises(LookupError, match="no-such"):
        SSEClient(Source(), "no-such")


def test_close_closes_the_source() -> None:
    source = Source()
    SSEClient(source).close()
    assert source.closed


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_response_of_requests_is_read_as_it_arrives(framing: Any, event: threading.Event) -> None:
    first = [head(framing=framing, length=18)]
    first.append(chunk(b"data: 1\n\n") if framing == "chunked" else b"data: 1\n\n")
    with (
        Server([*first, Wait(event)]) as server,
        requests.get(server.url, stream=True, timeout=5) as response,
    ):
        client = SSEClient(response)
        assert fields(next(client.events())) == (None, "message", "1", None)
        event.set()


def test_a_response_of_urllib3_is_a_source() -> None:
    with Server(stream([b"data: 1\n\n", b"data: 2\n\n"])) as server, urllib3.PoolManager() as pool:
        response = pool.request("GET", server.url, preload_content=False, timeout=5)
        assert [event.data for event in SSEClient(response).events()] == ["1", "2"]


def test_a_response_that_was_read_before_is_a_source() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        response = requests.get(server.url, timeout=5)
        assert [event.data for event in SSEClient(response).events()] == ["1"]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ([head(), chunk(b"data: 1\n\n"), RESET], requests.exceptions.ChunkedEncodingError),
        (
            [head(headers={"Content-Encoding": "gzip"}), chunk(b"no gzip"), b"0\r\n\r\n"],
            requests.exceptions.ContentDecodingError,
        ),
    ],
    ids=["reset", "corrupt gzip"],
)
def test_what_goes_wrong_is_an_error_of_requests(script: Any, error: type[Exception]) -> None:
    with Server(script) as server, requests.get(server.url, stream=True, timeout=5) as response, pytest.raises(error):
        list(SSEClient(response).events())


@pytest.mark.parametrize(
    "error",
    [
        urllib3.exceptions.ProtocolError("x"),
        urllib3.exceptions.DecodeError("x"),
        urllib3.exceptions.ReadTimeoutError(None, "/", "x"),  # type: ignore[arg-type]
        urllib3.exceptions.SSLError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_urllib3_is_the_one_that_requests_makes_of_it(error: Exception) -> None:
    class Raw:
        def read1(self, *_: Any, **__: Any) -> bytes:
            raise error

        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            raise error

    def events_of(response: Any) -> Any:
        return list(SSEClient(response).events())

    def content_of(response: Any) -> Any:
        return response.content

    raised: list[type[BaseException]] = []
    for read_it in (events_of, content_of):
        response: Any = requests.Response()
        response.raw = Raw()
        with pytest.raises(requests.RequestException) as caught:
            read_it(response)
        raised.append(caught.type)
    assert raised[0] is raised[1]


def test_silence_is_an_error_of_requests(event: threading.Event) -> None:
    with (
        Server([head(), chunk(b"data: 1\n\n"), Wait(event)]) as server,
        requests.get(server.url, stream=True, timeout=(5, 0.1)) as response,
    ):
        events = SSEClient(response).events()
        assert next(events).data == "1"
        with pytest.raises(requests.ConnectionError, match="timed out"):
            next(events)
        event.set()


def test_url_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"got str; for a URL, use sse_client.get\(url\)"):
        SSEClient("http://localhost:8000/events")
