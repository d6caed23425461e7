"""What a stream says about reconnecting, its place and its cookies is believed within bounds."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Event, Lost, Reconnect
from sse_client.testing import CLOSE, Server, chunk, head, stream

if TYPE_CHECKING:
    from pathlib import Path

    from asynchronous.kit import Client

ASKS_FOR_NONE = b"retry: 0\ndata: x\n\n"


class Delays:
    """An observer that keeps the delays before reconnects."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def __call__(self, news: object) -> None:
        if isinstance(news, Lost):
            self.delays.append(news.delay)


def test_a_retry_of_zero_is_a_tenth_of_a_second(client: Client) -> None:
    delays = Delays()
    with Server(default=lambda _: stream([ASKS_FOR_NONE])) as server:
        client.read("GET", server.url, take=4, observer=delays)
        assert len(server.requests) == 4
    assert all(delay >= 0.1 for delay in delays.delays)


def test_waits_grow_where_each_connection_brings_one_event(client: Client) -> None:
    delays = Delays()
    with Server(default=lambda _: stream([ASKS_FOR_NONE])) as server:
        client.read("GET", server.url, take=7, observer=delays)
        assert len(server.requests) == 7
    assert delays.delays[:4] == [0.1] * 4
    assert max(delays.delays[4:]) > 0.1


def test_the_callers_own_delay_of_zero_is_kept(client: Client) -> None:
    delays = Delays()
    with Server(default=lambda _: stream([ASKS_FOR_NONE])) as server:
        rules = Reconnect(initial_delay=0, max_delay=0)
        assert len(client.read("GET", server.url, take=20, reconnect=rules, observer=delays).data) == 20
    assert delays.delays == [0] * 19


@pytest.mark.parametrize("size", [8 * 1024 + 1, 20_000, 1_000_000])
def test_an_id_too_long_for_a_header_is_kept_and_not_sent(
    client: Client, size: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = "i" * size
    answers = [stream([Event(data="1", id=place)]), stream([Event(data="2", id=place)]), stream([Event(data="3")])]
    path = tmp_path / "place"
    rules = Reconnect(initial_delay=0, max_delay=0)
    with Server(*answers) as server:
        reading = client.read("GET", server.url, take=2, reconnect=rules, checkpoint=path)
        assert reading.ids == [place, place]
        assert path.read_text() == place
        # After a restart it is read from the file, and still not sent.
        assert client.read("GET", server.url, take=1, checkpoint=path).data == ["3"]
        assert [request.last_event_id for request in server.requests] == [None, None, None]
    assert any(
        "cannot be sent" in record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    )


def test_the_longest_id_that_fits_is_sent(client: Client) -> None:
    place = "i" * 8 * 1024
    rules = Reconnect(initial_delay=0, max_delay=0)
    with Server(stream([Event(data="1", id=place)]), stream([Event(data="2")])) as server:
        client.read("GET", server.url, take=2, reconnect=rules)
        assert server.requests[1].last_event_id == place


@pytest.mark.parametrize("control", [*range(1, 9), 11, 12, *range(14, 32), 127])
def test_an_id_with_a_control_character_ends_nothing(client: Client, control: int) -> None:
    rules = Reconnect(initial_delay=0, max_delay=0)
    first = stream([b"id: a" + bytes([control]) + b"b\ndata: 1\n\n"])
    with Server(first, stream([Event(data="2")])) as server:
        assert client.read("GET", server.url, take=2, reconnect=rules).data == ["1", "2"]


def test_cookies_are_bounded_over_reconnects(client: Client) -> None:
    count = 0

    def answer(_: object) -> Any:
        nonlocal count
        cookies = [f"c{count}-{number}={'v' * 3000}" for number in range(20)]
        count += 1
        return [head(headers={"Set-Cookie": cookies}), chunk(b"data: x\n\n"), CLOSE]

    rules = Reconnect(initial_delay=0, max_delay=0)
    with Server(default=answer) as server:
        assert len(client.read("GET", server.url, take=12, reconnect=rules).data) == 12
        assert max(len(request.headers.get("Cookie", "")) for request in server.requests) <= 10 * 1024


@pytest.mark.parametrize("asked", ["99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 5000])
def test_an_absurd_retry_after_is_an_hour_at_most(client: Client, asked: str) -> None:
    from sse_client import Timeout
    from sse_client.testing import reply

    with Server(reply(429, headers={"Retry-After": asked})) as server:
        begin = time.monotonic()
        reading = client.read("GET", server.url, timeout=Timeout(total=20))
        assert reading.error is not None
        assert time.monotonic() - begin < 10  # no connection could follow within `total`: it ends at once
        assert len(server.requests) == 1
