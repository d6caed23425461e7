"""What a client sees through each reverse proxy when all is well, and when the server behind it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from servers.install import unavailable
from servers.process import running
from servers.relay import Relay

from sse_client import Lost, Reconnect
from sse_client.testing import CLOSE, Pause, Server, chunk, head, stream

from . import faults, settings
from .chain import Chain
from .proxies import PROXIES, USUAL, WITH_NEXT, Proxy, possible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers.clients import ReadingClient

    from sse_client.testing import Received, Step


@pytest.fixture(scope="module", params=PROXIES, ids=str)
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """One proxy after the other, running, and read by all clients."""
    proxy: Proxy = request.param

    def arguments(port: int, folder: Path) -> list[str]:
        command = proxy.command(port, relay.port, folder)
        version = settings.version(command[0])
        if not version.startswith(proxy.name.rpartition(" ")[2]):
            unavailable(f"the page is about {proxy.name}; here is {version}")
        return command

    with Server() as idle, Relay(idle.port) as relay, running(proxy.name, arguments) as program:
        made = Chain(proxy, program.url, relay)
        made.observe()
        yield made


@pytest.mark.parametrize("form", faults.LIVE)
def test_events_arrive_as_the_page_says(chain: Chain, client: ReadingClient, form: str) -> None:
    expected = getattr(chain.proxy, form)
    assert chain.delivery(client.name, form) in possible(expected)
    assert expected != WITH_NEXT or faults.held_back(chain.outcomes[form, client.name])


@pytest.mark.parametrize("fault", USUAL)
def test_a_fault_is_seen_as_the_page_says(chain: Chain, client: ReadingClient, fault: str) -> None:
    assert chain.seen(client.name, fault) in chain.proxy.possible(fault)


def test_a_proxy_compresses_where_the_page_says(chain: Chain, client: ReadingClient) -> None:
    assert chain.outcomes["ends", client.name].header("Content-Encoding") == chain.proxy.coding


def test_a_subscription_survives_a_restart_of_the_server(chain: Chain, client: ReadingClient) -> None:
    def leave(_: Received) -> Iterator[Step]:
        yield head(headers=faults.ONCE)
        yield chunk(faults.EVENT)
        yield Pause(0.15)
        chain.relay.down()
        yield CLOSE

    rest = stream([b"id: 2\ndata: 2\n\n", b"data: end\n\n"], headers=faults.ONCE)
    with Server(leave) as old, Server(rest) as new:
        losses: list[Lost] = []

        def observe(news: Any) -> None:
            if not isinstance(news, Lost):
                return
            losses.append(news)
            if len(losses) == 2:
                chain.relay.lead_to(new.port)
                chain.relay.up()

        chain.relay.lead_to(old.port)
        # Varnish asks for 5 s before the next attempt, in Retry-After.
        rules = Reconnect(initial_delay=0.05, max_delay=0.1, max_asked=0.1)
        url = f"{chain.url}/{client.name}"
        outcome = client.read("GET", url, until="end", reconnect=rules, observer=observe)
        assert outcome.error is None
        assert outcome.data == ["1", "2"] or (outcome.data == ["2"] and chain.proxy.may_lose_events)
        assert new.requests[0].headers.get("Last-Event-ID", "") == ("1" if "1" in outcome.data else "")
