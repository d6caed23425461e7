"""The body of a response that is no stream: an excerpt of it, or all of it for whoever asks."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from asynchronous.kit import AT_ONCE, Asyncio, Blocking

from sse_client import ConnectionFailed, ContentTypeError, IdleTimeout, StatusError, Timeout
from sse_client._core import response_body
from sse_client.testing import CLOSE, STALL, Pause, Server, chunk, head, reply, stream

if TYPE_CHECKING:
    from asynchronous.kit import Client

    from sse_client.testing import Step

LONG = json.dumps({"text": "x" * 300_000}).encode()
JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def client(request: pytest.FixtureRequest) -> Client:
    made: Client = request.param()
    return made


def body_of(client: Client, script: list[Step], **options: Any) -> bytes:
    with Server(script) as server:
        error = client.read("POST", server.url, **options).error
    assert isinstance(error, (ContentTypeError, StatusError))
    return error.body


@pytest.mark.parametrize(("options", "kept"), [({}, 64 * 1024), ({"max_error_body": 9}, 9), ({"max_error_body": 0}, 0)])
def test_an_error_keeps_the_first_bytes(client: Client, options: dict[str, Any], kept: int) -> None:
    assert body_of(client, reply(200, LONG, JSON), **options) == LONG[:kept]
    assert body_of(client, reply(400, LONG, JSON), **options) == LONG[:kept]


@pytest.mark.parametrize("status", [200, 400])
def test_all_of_it_is_kept_on_request(client: Client, status: int) -> None:
    assert body_of(client, reply(status, LONG, JSON), max_error_body=None) == LONG


def test_all_of_it_is_decoded(client: Client) -> None:
    script = reply(200, gzip.compress(LONG), {**JSON, "Content-Encoding": "gzip"})
    assert body_of(client, script, max_error_body=None) == LONG


def test_a_slow_answer_is_waited_for_within_the_timeout(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_body, "_EXCERPT_SECONDS", 0.1)
    monkeypatch.setattr(response_body, "_EXCERPT_SILENCE", 0.1)
    slow: list[Step] = [head(headers=JSON), chunk(b'{"a":'), Pause(0.4), chunk(b" 1}"), b"0\r\n\r\n"]
    assert body_of(client, slow, max_error_body=None) == b'{"a": 1}'
    assert body_of(client, slow) == b'{"a":'


@pytest.mark.parametrize(
    ("end", "options", "kind"),
    [
        pytest.param(CLOSE, {}, ConnectionFailed, id="cut off"),
        pytest.param(STALL, {"timeout": (5, 0.2)}, IdleTimeout, id="silence"),
        pytest.param(STALL, {"timeout": Timeout(event=0.2)}, IdleTimeout, id="no event, and no answer"),
    ],
)
def test_half_an_answer_is_none(client: Client, end: Step, options: dict[str, Any], kind: type[Exception]) -> None:
    half: list[Step] = [head(headers=JSON), chunk(b'{"a":'), end]
    with Server(half) as server:
        reading = client.read("POST", server.url, max_error_body=None, **options)
    assert type(reading.error) is kind


def test_half_an_answer_is_asked_for_again_where_the_method_repeats(client: Client) -> None:
    half: list[Step] = [head(headers=JSON), chunk(b'{"a":'), CLOSE]
    with Server(half, reply(200, b"{}", JSON)) as server:
        reading = client.read("GET", server.url, max_error_body=None, reconnect=AT_ONCE)
    assert isinstance(reading.error, ContentTypeError)
    assert reading.error.body == b"{}"


def test_of_a_bad_status_the_status_matters(client: Client) -> None:
    half: list[Step] = [head(500, headers=JSON), chunk(b'{"a":'), CLOSE]
    with Server(half) as server:
        reading = client.read("POST", server.url, max_error_body=None)
    assert isinstance(reading.error, StatusError)


def test_a_stream_is_read_as_ever(client: Client) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert client.read("POST", server.url, max_error_body=None).data == ["1"]


def test_the_default_does_not_wait_for_a_page_without_end(client: Client) -> None:
    script: list[Step] = [head(headers={"Content-Type": "text/html"}), chunk(b"<p>"), STALL]
    begin = time.monotonic()
    assert body_of(client, script, timeout=30) == b"<p>"
    assert time.monotonic() - begin < 15
