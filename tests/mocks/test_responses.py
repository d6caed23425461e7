"""responses, under the blocking client."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from responses import RequestsMock, matchers

from sse_client import ConnectionFailed, ContentTypeError, StatusError

from .kit import AT_ONCE, BODY, CHAT, CHAT_URL, EVENTS, URL, blocking, blocking_chat

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM: Any = {"body": BODY, "content_type": "text/event-stream"}


@pytest.fixture
def mocked() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def test_stream_is_read(mocked: RequestsMock) -> None:
    mocked.post(URL, **STREAM, match=[matchers.json_params_matcher({"a": 1})])
    assert blocking(json={"a": 1}) == EVENTS
    assert mocked.calls[0].request.headers["Accept"] == "text/event-stream"


@responses.activate
def test_decorator_works() -> None:
    responses.post(URL, **STREAM)
    assert blocking() == EVENTS


def test_stream_reconnects_and_resumes(mocked: RequestsMock) -> None:
    mocked.get(URL, body=requests.ConnectionError("refused"))
    mocked.get(URL, status=503)
    mocked.get(URL, **STREAM)
    mocked.get(URL, status=204)
    assert blocking("GET", reconnect=AT_ONCE) == EVENTS
    assert [call.request.headers.get("Last-Event-ID") for call in mocked.calls] == [None, None, None, b"2"]


def test_body_may_come_of_a_callback_and_be_compressed(mocked: RequestsMock) -> None:
    def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Encoding": "gzip"}, gzip.compress(BODY)

    mocked.add_callback("POST", URL, callback=answer, content_type="text/event-stream")
    assert blocking() == EVENTS


def test_redirect_is_followed(mocked: RequestsMock) -> None:
    mocked.get("http://example.com/old", status=307, headers={"Location": "/events"})
    mocked.get(URL, **STREAM)
    assert blocking("GET", "http://example.com/old", reconnect=False) == EVENTS


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404, "body": "no"}, StatusError),
        ({"json": {"error": 1}}, ContentTypeError),
        ({"body": requests.ConnectionError("refused")}, ConnectionFailed),
    ],
)
def test_failure_is_an_error_of_ours(mocked: RequestsMock, answer: Any, error: type[Exception]) -> None:
    mocked.post(URL, **answer)
    with pytest.raises(error):
        blocking()


def test_request_without_a_mock_does_not_leave_the_process(mocked: RequestsMock) -> None:
    with pytest.raises(ConnectionFailed, match="ConnectionError"):
        blocking(reconnect=False)


def test_chat_is_read(mocked: RequestsMock) -> None:
    mocked.post(CHAT_URL, body=CHAT, content_type="text/event-stream")
    assert blocking_chat() == "Hello there"
