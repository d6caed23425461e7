"""The reverse proxies, and what a client sees through each of them: what the tests check, and the docs show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELD = "held to the end"

MAY_BE_LOST = "cut, event may be lost"
"""The stream is cut, and the event before that arrives or does not, by chance."""

CUT_OR_END = "cut or end"
"""One or the other: versions of Python differ in what they make of TLS that ends without a goodbye."""

WITH_NEXT = "with the next event"
"""Of three events, all may be held back, or every second one: by the least of their delays, that is "at once"."""

_POSSIBLE = {
    MAY_BE_LOST: {"cut", "cut, event lost"},
    CUT_OR_END: {"cut", "end"},
    WITH_NEXT: {WITH_NEXT, "at once"},
}


@dataclass(frozen=True)
class Proxy:
    """A reverse proxy with its settings.

    Attributes:
        name: what the tests and the page call it, its version included.
        shown: the settings that make it this one, as the page shows them.
        command: makes its command line from its port, the upstream's port, and a folder of its own.
        chunked: how events arrive from an upstream that sends chunks.
        unframed: how they arrive from one whose body ends with its connection.
        compressed: how they arrive from one that sends chunks, and compresses them.
        coding: the content coding that the proxy adds.
        sees: what a client sees of each fault, where that is not what `usual` says.
    """

    name: str
    shown: str
    command: Callable[[int, int, Path], list[str]]
    chunked: str = "at once"
    unframed: str = "at once"
    compressed: str = "at once"
    coding: str | None = None
    sees: dict[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return f"{self.name}, {self.shown}" if self.shown else self.name

    @property
    def may_lose_events(self) -> bool:
        """Whether an event that the upstream sent just before a cut may be lost."""
        return self.expected("cut between events") != USUAL["cut between events"]

    def expected(self, fault: str) -> str:
        """Return what a client sees of a fault."""
        return self.sees.get(fault, USUAL[fault])

    def possible(self, fault: str) -> set[str]:
        """Return everything that a client may see of a fault."""
        return possible(self.expected(fault))


def possible(expected: str) -> set[str]:
    """Return everything that may be seen where the page says `expected`."""
    return _POSSIBLE.get(expected, {expected})


USUAL = {
    "ends": "end",
    "cut between events": "cut",
    "cut inside a chunk": "cut",
    "reset": "cut",
    "reset, unframed": "cut",
    "silent": "cut",
    "no answer": "status 504",
    "down": "status 502",
}
"""What a client sees through most proxies, by fault."""

_HTTP_1_1 = "proxy_http_version 1.1;"
_GZIP = "gzip on; gzip_types text/event-stream; gzip_min_length 0;"
_NO_DELAY = "option http-no-delay"
_COMPRESSION = "compression algo gzip\n  compression type text/event-stream"
_HAPROXY = {"reset, unframed": "end", "down": "status 503"}
_APACHE = {"no answer": "status 502", "down": "status 503"}
_DEFLATE = "AddOutputFilterByType DEFLATE text/event-stream"
_VARNISH = {"reset, unframed": MAY_BE_LOST, "no answer": "status 503", "down": "status 503"}
_CUT_SHORT = dict.fromkeys(("cut between events", "cut inside a chunk", "reset", "silent"), MAY_BE_LOST)

PROXIES = [
    Proxy(
        "nginx 1.22",
        "",
        settings.nginx(),
        unframed=HELD,
        sees={"reset, unframed": "cut, event lost"},
    ),
    Proxy(
        "nginx 1.22",
        "proxy_http_version 1.1",
        settings.nginx(_HTTP_1_1),
        unframed=HELD,
        sees={"reset, unframed": "cut, event lost"},
    ),
    Proxy("nginx 1.22", "proxy_buffering off", settings.nginx("proxy_buffering off;")),
    Proxy(
        "nginx 1.22",
        "gzip on",
        settings.nginx(_HTTP_1_1 + _GZIP),
        chunked=HELD,
        unframed=HELD,
        coding="gzip",
        sees={"reset, unframed": "cut, event lost"},
    ),
    Proxy("nginx 1.22", "gzip on, proxy_buffering off", settings.nginx("proxy_buffering off;" + _GZIP), coding="gzip"),
    Proxy(
        "nginx 1.22",
        "proxy_buffering off, add_header Content-Type",
        settings.nginx("proxy_buffering off; add_header Content-Type 'text/event-stream; charset=utf-8';"),
    ),
    Proxy("haproxy 2.6", "", settings.haproxy(), chunked="late", compressed="late", sees=_HAPROXY),
    Proxy("haproxy 2.6", "option http-no-delay", settings.haproxy(_NO_DELAY), sees=_HAPROXY),
    Proxy(
        "haproxy 2.6",
        "option http-no-delay, compression",
        settings.haproxy(f"{_NO_DELAY}\n  {_COMPRESSION}"),
        chunked=WITH_NEXT,
        coding="gzip",
        sees={**_HAPROXY, **_CUT_SHORT},
    ),
    Proxy("Apache httpd 2.4", "", settings.apache(), sees=_APACHE),
    Proxy("Apache httpd 2.4", "DEFLATE", settings.apache("", _DEFLATE), coding="gzip", sees=_APACHE),
    Proxy("Varnish 7.1", "", settings.varnish(), sees=_VARNISH),
    Proxy(
        "Varnish 7.1",
        "return (pipe)",
        settings.varnish("sub vcl_recv { return (pipe); }"),
        sees={
            "reset, unframed": "end",
            "silent": "silence",
            "no answer": "silence",
            "down": "cut",
        },
    ),
    Proxy(
        "Varnish 7.1",
        "do_gzip",
        settings.varnish("sub vcl_backend_response { set beresp.do_gzip = true; }"),
        chunked=HELD,
        unframed=HELD,
        coding="gzip",
        sees={**_VARNISH, **_CUT_SHORT},
    ),
    Proxy("Squid 5.7", "", settings.squid, sees={"down": "status 503"}),
    Proxy("Caddy 2.11", "", settings.caddy()),
    Proxy(
        "Caddy 2.11",
        "encode gzip",
        settings.caddy("", "encode {\n gzip\n match header Content-Type text/event-stream*\n }"),
        coding="gzip",
    ),
]


@dataclass(frozen=True)
class ForwardProxy(Proxy):
    """A proxy that clients are told to use.

    Attributes:
        scheme: of the proxy's URL.
        tls: whether the server is asked by https.
    """

    scheme: str = "http"
    tls: bool = False


_TUNNEL = {"reset, unframed": CUT_OR_END, "no answer": "cut", "down": "cut"}

FORWARD = [
    ForwardProxy(
        "tinyproxy 1.11",
        "http",
        settings.tinyproxy,
        sees={"reset, unframed": "end", "no answer": "cut", "down": "status 500"},
    ),
    ForwardProxy("tinyproxy 1.11", "CONNECT", settings.tinyproxy, sees=_TUNNEL, tls=True),
    ForwardProxy("Squid 5.7", "http", settings.squid_forward, sees={"down": "status 503"}),
    ForwardProxy("Squid 5.7", "CONNECT", settings.squid_forward, sees=_TUNNEL, tls=True),
    ForwardProxy(
        "microsocks 1.0",
        "SOCKS5",
        settings.microsocks,
        sees={"reset, unframed": "end", "silent": "silence", "no answer": "silence", "down": "cut"},
        scheme="socks5h",
    ),
]
"""The proxies that clients are told to use."""
