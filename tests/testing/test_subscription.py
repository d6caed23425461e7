"""The numbered subscription."""

from __future__ import annotations

import pytest
import requests

from sse_client.events import Event
from sse_client.testing import (
    Server,
    chunk,
    head,
)

from .kit import connect, exchange, subscription


def test_a_subscription_is_numbered_and_ends_with_a_204() -> None:
    with Server(events=2, retry=1500) as server:
        assert subscription(server).text == "retry: 1500\n\nid: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n"
        assert subscription(server, "1").text == "retry: 1500\n\nid: 2\ndata: event 2\n\n"
        assert [subscription(server, past).status_code for past in ("2", "9")] == [204, 204]
        assert subscription(server, "x").status_code == 200


def test_a_subscription_is_endless_if_nothing_limits_it() -> None:
    with Server() as server, connect(server) as sock, sock.makefile("rb") as reader:
        sock.sendall(b"GET /events?a=b HTTP/1.1\r\nLast-Event-ID: 41\r\n\r\n")
        ids = [line for line in (reader.readline() for _ in range(500)) if line.startswith(b"id")]
    assert ids[0] == b"id: 42\n"
    assert len(ids) > 50


def test_a_subscription_may_be_given_its_events() -> None:
    events = [Event(data="a", id="x"), Event(data="b", event="e", retry=5)]
    with Server(events=events) as server:
        assert subscription(server).text == "id: x\ndata: a\n\nevent: e\nid: 2\nretry: 5\ndata: b\n\n"
        assert subscription(server, "x").text == "event: e\nid: 2\nretry: 5\ndata: b\n\n"
        assert subscription(server, "2").status_code == 204
        assert subscription(server, "unknown").text.startswith("id: x\n")


def test_an_id_of_more_digits_than_a_number_has_is_unknown() -> None:
    with Server(events=1) as server:
        assert subscription(server, "9" * 5000).text == "id: 1\ndata: event 1\n\n"


def test_dropped_connection_ends_inside_the_next_event() -> None:
    with Server(events=4, drop_after=2, pace=0.001) as server:
        cut = exchange(server, b"GET /events HTTP/1.1\r\n\r\n")
        assert cut.startswith(head() + chunk(b"id: 1\ndata: event 1\n\n") + chunk(b"id: 2\ndata: event 2\n\n"))
        rest = cut.split(b"event 2\n\n\r\n")[1]
        assert chunk(b"id: 3\ndata: event 3\n\n").startswith(rest)
        assert rest.startswith(b"15\r\nid: 3")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            subscription(server, "1")
        assert subscription(server, "2").text == "id: 3\ndata: event 3\n\nid: 4\ndata: event 4\n\n"
