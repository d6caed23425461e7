"""nginx takes a server's word: `X-Accel-Buffering: no` has it pass on what it would hold back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from servers.process import running

from sse_client.testing import CLOSE, Server, Wait, head

from . import settings

if TYPE_CHECKING:
    from servers.clients import ReadingClient

    from sse_client.testing import Step

GZIP = "gzip on; gzip_types text/event-stream; gzip_min_length 0;"


@pytest.mark.parametrize("location", ["", GZIP], ids=["defaults", "gzip on"])
def test_a_server_switches_buffering_off(client: ReadingClient, location: str) -> None:
    came = threading.Event()
    begin = head(framing="close", headers={"X-Accel-Buffering": "no"})
    script: list[Step] = [begin, b"data: 1\n\n", Wait(came), b"data: 2\n\n", CLOSE]
    command = settings.nginx(location)
    with (
        Server(script) as server,
        running("nginx", lambda port, folder: command(port, server.port, folder)) as program,
    ):
        outcome = client.read("POST", program.url, each=lambda _: came.set())
        assert outcome.error is None
        assert outcome.data == ["1", "2"]
