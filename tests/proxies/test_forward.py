"""What a client sees through each proxy that it is told to use: http, CONNECT and SOCKS."""

from __future__ import annotations

import gc
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from servers.clients import AT_ONCE
from servers.process import running
from servers.relay import Relay

from sse_client.testing import CLOSE, Server, chunk, head, stream

from . import faults
from .chain import Chain
from .proxies import FORWARD, USUAL, ForwardProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers.clients import ReadingClient

# aiohttp 3.14.5 may leave the socket of a TLS connection to the garbage collector when its session is closed.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """What signs the server's certificate, and its own in a file."""
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture(scope="module", params=FORWARD, ids=str)
def chain(request: pytest.FixtureRequest, authority: tuple[trustme.CA, Path]) -> Iterator[Chain]:
    """One proxy after the other, running, and read by all clients."""
    proxy: ForwardProxy = request.param
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority[0].issue_cert("127.0.0.1")
    certificate.configure_cert(context)
    with (
        Server() as idle,
        Relay(idle.port) as relay,
        running(proxy.name, lambda port, folder: proxy.command(port, relay.port, folder)) as program,
    ):
        scheme = "https" if proxy.tls else "http"
        address = f"{proxy.scheme}://ada:secret@127.0.0.1:{program.port}"
        options = {"proxies": {scheme: address}, "verify": str(authority[1])}
        url = f"{scheme}://127.0.0.1:{relay.port}"
        made = Chain(proxy, url, relay, options, context if proxy.tls else None)
        made.observe()
        gc.collect()
        yield made
        gc.collect()


@pytest.mark.parametrize("form", faults.LIVE)
def test_events_arrive_as_the_page_says(chain: Chain, client: ReadingClient, form: str) -> None:
    assert chain.delivery(client.name, form) == getattr(chain.proxy, form)


@pytest.mark.parametrize("fault", USUAL)
def test_a_fault_is_seen_as_the_page_says(chain: Chain, client: ReadingClient, fault: str) -> None:
    assert chain.seen(client.name, fault) in chain.proxy.possible(fault)


def test_a_subscription_resumes_through_the_proxy(chain: Chain, client: ReadingClient) -> None:
    rest = stream([b"id: 2\ndata: 2\n\n", b"data: end\n\n"])
    with Server([head(), chunk(faults.EVENT), CLOSE], rest, tls=chain.tls) as server:
        chain.relay.lead_to(server.port)
        outcome = client.read("GET", chain.url, until="end", reconnect=AT_ONCE, **chain.options)
        assert outcome.error is None
        assert outcome.data == ["1", "2"]
        assert server.requests[1].headers["Last-Event-ID"] == "1"
