"""Varnish keeps what it may: one answer to a GET serves every client, event streams included."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from servers.process import running
from servers.relay import Relay

from sse_client.testing import LAST_CHUNK, Server, Wait, chunk, head

from . import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.clients import ReadingClient

    from sse_client.testing import Received, Step


@pytest.mark.parametrize(
    ("headers", "got", "requests"),
    [
        pytest.param({}, ["1", "2"], 1, id="one stream for all"),
        pytest.param({"Cache-Control": "no-cache"}, ["2"], 2, id="no-cache gives each its own"),
    ],
)
def test_a_second_subscriber_while_the_first_one_reads(
    client: ReadingClient, headers: dict[str, str], got: list[str], requests: int
) -> None:
    second = threading.Event()

    def numbers(request: Received) -> Iterator[Step]:
        yield head(headers={"Connection": "close", **headers})
        if "Last-Event-ID" not in request.headers:
            yield chunk(b"id: 1\ndata: 1\n\n")
            yield Wait(second)
        yield chunk(b"id: 2\ndata: 2\n\n")
        yield LAST_CHUNK

    command = settings.varnish()
    with (
        Server(numbers, numbers) as server,
        Relay(server.port) as relay,
        running("Varnish", lambda port, folder: command(port, relay.port, folder)) as program,
    ):
        first = threading.Thread(target=client.read, args=("GET", program.url), kwargs={"reconnect": False})
        first.start()
        server.wait_for(1)
        # The first stream goes on once the second subscriber has an event, of whichever stream.
        outcome = client.read("GET", program.url, last_event_id="1", reconnect=False, each=lambda _: second.set())
        first.join(10)
        assert outcome.error is None
        assert outcome.data == got
        assert len(server.requests) == requests
