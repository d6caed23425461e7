"""A proxy with a server behind it, and what all clients see through it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from servers.clients import CLIENTS

from sse_client.testing import Server

from . import faults

if TYPE_CHECKING:
    import ssl

    from servers.clients import Outcome
    from servers.relay import Relay

    from sse_client.testing import Script

    from .proxies import Proxy


@dataclass
class Chain:
    """A proxy, and what is behind it.

    Attributes:
        proxy: its settings.
        url: what clients ask for.
        relay: stands between the proxy and the server.
        options: with which clients ask.
        tls: what the server speaks, if it is https.
        outcomes: what each client saw of each form of a live stream and of each fault.
    """

    proxy: Proxy
    url: str
    relay: Relay
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    tls: ssl.SSLContext | None = None
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict[tuple[str, str], "Outcome"])

    def observe(self) -> None:
        """Have all clients read everything at the same time, and then what they see when the server is down."""
        names = [*faults.LIVE, *faults.FAULTS]
        with ThreadPoolExecutor(len(CLIENTS) * len(names)) as pool:
            scripts: list[Script] = [faults.upstream] * (len(CLIENTS) * len(names))
            with Server(*scripts, tls=self.tls) as server:
                self.relay.lead_to(server.port)
                self._read_all(pool, names)
            self.relay.down()
            self._read_all(pool, ["down"])
            self.relay.up()

    def _read_all(self, pool: ThreadPoolExecutor, names: list[str]) -> None:
        reading = {
            (name, client.name): pool.submit(faults.read, client, self.url + faults.path(name), **self.options)
            for name in names
            for client in CLIENTS
        }
        for key, future in reading.items():
            self.outcomes[key] = future.result()

    def delivery(self, client: str, form: str) -> str:
        """Return in words how the events of a live stream arrived."""
        return faults.delivery(self.outcomes[form, client])

    def seen(self, client: str, fault: str) -> str:
        """Return in words what a client saw of a fault."""
        return faults.seen(self.outcomes[fault, client], fault)
