"""docs/transport-table.md, what each transport can do and costs: `python -m transports.picture`, in tests/, writes it.

What it can do is declared here, each with the test that shows it; what it costs is in benchmarks/transports.json.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CAPABILITIES", "COLUMNS", "PAGE", "ROOT", "written"]

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "transport-table.md"
FIGURES = ROOT / "benchmarks" / "transports.json"

COLUMNS = ("requests", "aiohttp", "httpx2", "httpx2, asyncio", "httpx2, trio")
"""The transports; httpx 0.28 is as httpx2."""

_MEASURED = dict(zip(COLUMNS, ("requests", "aiohttp", "httpx2", "httpx2-asyncio", "httpx2-trio"), strict=True))


@dataclass(frozen=True)
class Capability:
    """A row of the table.

    Attributes:
        name: what it is about.
        cells: a word for each transport; empty: it cannot.
        tests: `file::test`, below tests/, for what is in the cells.
    """

    name: str
    cells: tuple[str, ...]
    tests: tuple[str, ...]


_BOTH = "asynchronous/test_both_clients.py::"
_REACHING = "transports/test_reaching.py::"
_HTTP2 = "transports/httpx/"

CAPABILITIES = (
    Capability("blocking", ("yes", "", "yes", "", ""), (f"{_BOTH}test_a_clean_end_ends_the_iteration_of_a_post",)),
    Capability("asyncio", ("", "yes", "", "yes", ""), (f"{_BOTH}test_a_clean_end_ends_the_iteration_of_a_post",)),
    Capability("trio", ("", "", "", "", "yes"), (f"{_BOTH}test_a_clean_end_ends_the_iteration_of_a_post",)),
    Capability("HTTP/1.1", ("yes",) * 5, (f"{_BOTH}test_a_get_goes_on_from_where_it_was_cut",)),
    Capability(
        "HTTP/2",
        ("", "", "yes", "yes", "yes"),
        (
            f"{_HTTP2}test_http2.py::test_a_hundred_chats_share_one_connection",
            f"{_HTTP2}test_http2_errors.py::test_a_goaway_without_an_error_loses_no_event_of_a_stream_that_the_server_finishes",
        ),
    ),
    Capability("HTTP/3", ("",) * 5, ()),
    Capability(
        "prompt: plain, gzip, deflate, br",
        ("yes",) * 5,
        (f"{_BOTH}test_an_event_is_yielded_while_the_server_waits_before_it_sends_more",),
    ),
    Capability(
        "prompt: zstd", ("yes",) * 5, (f"{_BOTH}test_an_event_of_a_zstd_body_is_yielded_while_the_server_waits",)
    ),
    Capability(
        "SOCKS proxies",
        (
            "`proxies=`, with pysocks",
            "`proxies=`, with aiohttp-socks",
            *("`proxy=` of the client, with httpx2[socks]",) * 3,
        ),
        (f"{_REACHING}test_a_socks_proxy_of_an_option", f"{_REACHING}test_a_socks_proxy_of_a_client_of_httpx"),
    ),
    Capability(
        "unix sockets",
        ("an adapter", "`aiohttp.UnixConnector`", *("`HTTPTransport(uds=)`",) * 3),
        (
            f"{_REACHING}test_a_unix_socket_by_an_adapter_of_requests",
            f"{_REACHING}test_a_unix_socket_by_a_connector_of_aiohttp",
            f"{_REACHING}test_a_unix_socket_by_a_transport_of_httpx",
        ),
    ),
    Capability(
        "an address of your own for a host",
        ("an adapter", "`TCPConnector(resolver=)`", *("a transport",) * 3),
        (
            f"{_REACHING}test_an_adapter_of_requests_names_the_address",
            f"{_REACHING}test_a_resolver_of_aiohttp_looks_names_up",
            f"{_REACHING}test_a_transport_of_httpx_names_the_address",
        ),
    ),
    Capability(
        "makes new connections after a fork",
        ("yes", "without a session", "yes", "yes", "yes"),
        (
            "promises/test_07_forks.py::test_children_share_no_pooled_connection",
            "promises/test_07_forks.py::test_an_asynchronous_client_of_httpx2_starts_anew_in_a_child",
        ),
    ),
)

_TOP = """\
# Transports in one picture

What each transport can do, and what it costs. Whatever the first table says that a transport can do is tested
(`tests/transports/picture.py` names the tests); the second table has measured figures. `httpx` 0.28 does what
`httpx2` does, and costs as much.

"""

_COSTS = """
## What it costs

CPU time of one process on CPython {python}, with {versions}.
Events have 53 bytes, each in a chunk or a frame of its own.

- *Live*: each event comes in a packet of its own, and system calls are included. *Bursts*: 200 events at a time.
- *Its own*: httpx2's own reader of events (`client.sse`), which took turns with this package in the same process.
- *A stream*: one of 1,000 over TLS, each with one event and then silence. They have 1,000 connections over HTTP/1.1,
  and ten over HTTP/2.

All transports took turns in {passes} passes, with a load average of {load} on two cores. A cost is the lowest of the
passes, a ratio or memory the median. `python -m benchmarks.transports` measures again.

"""

_DIFFERENT = """
## What is different

The test suites of both clients run on the sessions that the clients create, and on clients of httpx2 (`tests/blocking`,
`tests/asynchronous`). httpx2 differs in the following:

"""


def differences() -> list[str]:
    """Return what the suites name, each once."""
    from asynchronous.differences import DIFFERENT as ASYNCHRONOUS
    from blocking.differences import DIFFERENT as BLOCKING

    return sorted({words for words in (*BLOCKING.values(), *ASYNCHRONOUS.values()) if words})


def written() -> str:
    """Return the page."""
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    head = f"| | {' | '.join(COLUMNS)} |\n| --- |{' --- |' * len(COLUMNS)}\n"
    rows = "".join(f"| {row.name} | {' | '.join(cell or 'no' for cell in row.cells)} |\n" for row in CAPABILITIES)
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    loads: list[float] = figures["load"]
    measured = _COSTS.format(
        python=figures["python"], versions=versions, passes=len(loads), load=" and ".join(map(str, loads))
    )
    costs = head + "".join(_cost_rows(figures))
    named = "".join(f"- {words}.\n" for words in differences())
    return _TOP + head + rows + measured + costs + _DIFFERENT + named


def _cost_rows(figures: dict[str, Any]) -> list[str]:
    rows: list[str] = []
    for protocol, name in (("h1", "HTTP/1.1"), ("h2", "HTTP/2")):
        found = [figures.get(f"{_MEASURED[column]} {protocol}", {}) for column in COLUMNS]
        for kind in ("live", "bursts"):
            cells = [_cost(each, kind) for each in found]
            rows.append(f"| an event, {kind}, {name} | {' | '.join(cells)} |\n")
        memory = [f"{each['memory']:.0f} KiB" if each else "no" for each in found]
        rows.append(f"| memory of a stream, {name} | {' | '.join(memory)} |\n")
        opening = [f"{each['open']:.1f} ms" if each else "no" for each in found]
        rows.append(f"| CPU to open a stream, {name} | {' | '.join(opening)} |\n")
    return rows


def _cost(figures: dict[str, float], kind: str) -> str:
    if not figures:
        return "no"
    ratio = figures.get(f"{kind}, times its own")
    own = "" if ratio is None else f" ({ratio:.1f} times its own)"
    return f"{figures[kind]:.{1 if figures[kind] < 10 else 0}f} µs{own}"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
