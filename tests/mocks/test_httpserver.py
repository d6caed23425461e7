"""pytest-httpserver: a real server, so for both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from sse_client import StatusError

from .kit import AT_ONCE, BODY, CHAT, EVENTS, asynchronous, asynchronous_chat, blocking, blocking_chat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

both_clients = pytest.mark.parametrize("read", [blocking, asynchronous])
STREAM: Any = {"content_type": "text/event-stream"}


@both_clients
def test_stream_is_read(httpserver: HTTPServer, read: Any) -> None:
    httpserver.expect_oneshot_request("/events", method="POST", json={"a": 1}).respond_with_data(BODY, **STREAM)
    assert read("POST", httpserver.url_for("/events"), json={"a": 1}) == EVENTS
    httpserver.check()


@both_clients
def test_stream_comes_piece_by_piece(httpserver: HTTPServer, read: Any) -> None:
    def answer(_: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            for byte in BODY:
                yield bytes([byte])

        return Response(pieces(), **STREAM)

    httpserver.expect_request("/events").respond_with_handler(answer)
    assert read("POST", httpserver.url_for("/events")) == EVENTS


@both_clients
def test_stream_reconnects_and_resumes(httpserver: HTTPServer, read: Any) -> None:
    httpserver.expect_ordered_request("/events").respond_with_data("busy", status=503)
    httpserver.expect_ordered_request("/events").respond_with_data(BODY, **STREAM)
    httpserver.expect_ordered_request("/events", headers={"Last-Event-ID": "2"}).respond_with_data("", status=204)
    assert read("GET", httpserver.url_for("/events"), reconnect=AT_ONCE) == EVENTS
    httpserver.check()


@both_clients
def test_unexpected_request_is_a_bad_status(httpserver: HTTPServer, read: Any) -> None:
    with pytest.raises(StatusError) as caught:
        read("POST", httpserver.url_for("/other"), reconnect=False)
    assert caught.value.status == 500
    with pytest.raises(AssertionError, match="No handler found"):
        httpserver.check()
    httpserver.clear()


@pytest.mark.parametrize("ask", [blocking_chat, asynchronous_chat])
def test_chat_is_read(httpserver: HTTPServer, ask: Any) -> None:
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_data(CHAT, **STREAM)
    assert ask(httpserver.url_for("/v1")) == "Hello there"
