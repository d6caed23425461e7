"""aioresponses, under the asyncio client: with a response class of the test's own where aiohttp asks for more."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import aiohttp
import pytest
import yarl
from aioresponses import aioresponses

from sse_client import ConnectionFailed, StatusError

from .kit import AT_ONCE, BODY, CHAT, CHAT_URL, EVENTS, TYPE, URL, asynchronous, asynchronous_chat

if TYPE_CHECKING:
    from collections.abc import Iterator


class MockedResponse(aiohttp.ClientResponse):
    """aiohttp 3.14 wants a `stream_writer`, which aioresponses 0.7.9 does not give."""

    def __init__(self, method: str, url: yarl.URL, **options: Any) -> None:
        super().__init__(method, url, stream_writer=Mock(output_size=0), **options)


STREAM: Any = {"body": BODY, "headers": TYPE, "response_class": MockedResponse}


@pytest.fixture
def mocked() -> Iterator[Any]:
    with aioresponses() as mock:
        yield mock


def test_stream_is_read(mocked: Any) -> None:
    mocked.post(URL, **STREAM)
    assert asynchronous() == EVENTS
    assert list(mocked.requests) == [("POST", yarl.URL(URL))]


def test_stream_reconnects(mocked: Any) -> None:
    mocked.get(URL, exception=aiohttp.ClientConnectionError("refused"))
    mocked.get(URL, status=503, response_class=MockedResponse)
    mocked.get(URL, **STREAM)
    mocked.get(URL, status=204, response_class=MockedResponse)
    assert asynchronous("GET", reconnect=AT_ONCE) == EVENTS
    assert len(mocked.requests["GET", yarl.URL(URL)]) == 4


def test_body_may_be_compressed(mocked: Any) -> None:
    mocked.post(URL, **{**STREAM, "body": gzip.compress(BODY), "headers": {**TYPE, "Content-Encoding": "gzip"}})
    assert asynchronous() == EVENTS


def test_failure_is_an_error_of_ours(mocked: Any) -> None:
    mocked.post(URL, status=404, response_class=MockedResponse)
    with pytest.raises(StatusError):
        asynchronous()
    mocked.post(URL, exception=aiohttp.ServerDisconnectedError())
    with pytest.raises(ConnectionFailed):
        asynchronous(reconnect=False)


def test_request_without_a_mock_does_not_leave_the_process(mocked: Any) -> None:
    with pytest.raises(ConnectionFailed):
        asynchronous(reconnect=False)


def test_chat_is_read(mocked: Any) -> None:
    mocked.post(CHAT_URL, **{**STREAM, "body": CHAT})
    assert asynchronous_chat() == "Hello there"


@pytest.mark.xfail(reason="aioresponses 0.7.9 does not give aiohttp 3.14 a stream_writer", raises=TypeError)
def test_response_class_is_not_needed(mocked: Any) -> None:
    mocked.post(URL, body=BODY, headers=TYPE)
    assert asynchronous() == EVENTS
