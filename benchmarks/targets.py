"""What the figures ought to be. A figure's name is that of its part and its row; a part that is not run has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.streams import FURTHER_WORKLOADS, PARSER_WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True)
class Target:
    """A bound of one figure.

    Attributes:
        figure: its name.
        relation: on which side of the bound it ought to be.
        bound: the bound.
        text: the target in words.
    """

    figure: str
    relation: Literal[">=", "<="]
    bound: float
    text: str

    def met(self, figures: Mapping[str, float]) -> bool:
        """Tell whether the figure is there, and where it ought to be."""
        figure = figures.get(self.figure)
        if figure is None:
            return False
        return figure >= self.bound if self.relation == ">=" else figure <= self.bound


_LIVE = (
    ("blocking", "launchdarkly-eventsource", 1 / 0.85),
    ("blocking, TLS", "launchdarkly-eventsource", 1 / 0.90),
    ("blocking", "requests + sseclient-py", 1 / 0.75),
    ("blocking, TLS", "requests + sseclient-py", 1 / 0.80),
    ("asyncio", "aiohttp's iter_any + our Parser", 1 / 0.80),
    ("asyncio", "httpx2", 2.8),
    ("chat", "openai, create", 4.0),
    ("chat, asyncio", "openai, create", 3.3),
)

TARGETS = (
    *(
        Target(f"live: {group}: {other}", ">=", bound, f"live, {group}: {bound:.2f} times {other}")
        for group, other, bound in _LIVE
    ),
    Target(
        "live: blocking: recv + our chunk decoder and Parser",
        ">=",
        1 / 1.4,
        "live, blocking: at most 1.4 times recv + our chunk decoder and Parser",
    ),
    *(
        Target(f"parser: {workload.name}", ">=", 1.2, f"{workload.name}: 1.2 times the fastest peer")
        for workload in (*PARSER_WORKLOADS, *FURTHER_WORKLOADS)
    ),
    Target(
        "parser: average",
        ">=",
        2.2,
        f"average (geometric) of the first {len(PARSER_WORKLOADS)}: 2.2 times the fastest peer",
    ),
    *(
        Target(f"parser: least: {workload.name}", "<=", 1.3, f"{workload.name}: 1.3 times the cost of split and decode")
        for workload in PARSER_WORKLOADS
        if workload.one_line
    ),
    Target("http: chunked: launchdarkly-eventsource", ">=", 2.2, "chunked: 2.2 times launchdarkly-eventsource"),
    Target("http: unframed: launchdarkly-eventsource", ">=", 1.7, "unframed: 1.7 times launchdarkly-eventsource"),
    Target("http: chunked: httpx2", ">=", 14.0, "chunked: 14 times httpx2"),
    Target("http: chunked: requests + sseclient-py", ">=", 5.0, "chunked: 5 times requests + sseclient-py"),
    Target("async: events, chunked: httpx2", ">=", 10.0, "asyncio, chunked: 10 times httpx2"),
    Target("async: events, unframed: httpx2", ">=", 3.0, "asyncio, unframed: 3 times httpx2"),
    *(
        Target(f"async: {framing}: over the least", "<=", 1.3, f"asyncio, {framing}: 1.3 times iter_any + Parser")
        for framing in ("chunked", "unframed")
    ),
    Target("chat: chunked: openai, create", ">=", 45.0, "chat: 45 times the OpenAI SDK's create(stream=True)"),
    Target("chat: chunked: openai, stream", ">=", 60.0, "chat: 60 times the OpenAI SDK's stream()"),
    Target("chat: accumulation", "<=", 1.3, "chat: accumulating costs at most 30 % more than not"),
    Target("short: sse_client", "<=", 1.15, "short chats: within 15 % of requests reading the body whole"),
    *(
        Target(f"latency: {framing}, sse_client{kind}: p99", "<=", 1.0, f"sse_client{kind}, {framing}: p99 under 1 ms")
        for framing in ("chunked", "unframed", "gzip")
        for kind in ("", ", asyncio")
    ),
    Target("many: 2000, sse_client: p99", "<=", 100.0, "2,000 streams: 99 of 100 events within 100 ms"),
    Target("many: 1000: over the least", "<=", 0.6, "1,000 streams: 0.60 of the CPU time of iter_any + Parser"),
    Target("many: sse_client: memory", "<=", 60.0, "2,000 streams: 60 KiB a stream"),
    *(
        Target(f"memory: growth, {name}", "<=", most, f"{text}: constant (KiB over a tenth of them)")
        for name, most, text in (
            ("parser", 16.0, "a million events, parser"),
            ("client", 1024.0, "a million events, client"),
            ("client, asyncio", 1024.0, "a million events, asyncio"),
            ("chat", 2048.0, "100,000 chunks of chat, their text included"),
        )
    ),
    *(
        Target(f"memory: streams, {name}: {what}", "<=", most, f"10,000 streams one by one, {name}: {text}")
        for name in ("sse_client", "sse_client, asyncio")
        for what, most, text in (("memory", 1024.0, "flat memory (KiB)"), ("files", 0.0, "no file left open"))
    ),
    Target("memory: objects, session and parser", "<=", 1024.0, "parser and session: 1 KiB of Python objects a stream"),
    Target("memory: line", "<=", 10.0, "an 8 MB line in 256-byte pieces: 8 times one of 1 MB (10 with noise)"),
    Target("import: sse_client", "<=", 1.5, "import sse_client: 1.5 times import requests"),
    Target("import: adapter over package", "<=", 1.3, "import of the chat adapter: 1.3 times import sse_client"),
    *(
        Target(f"growth: {name}", "<=", 2.2, f"double the {name}: at most 2.2 times the cost")
        for name in (
            "events of a stream, one a read",
            "events of a stream, 64 KiB reads",
            "length of a line, 16 KiB reads",
            "length of a line, 256-byte reads",
            "fragments of one event",
            "data lines of one event",
            "comments",
            "choices of a chat",
            "tool calls of a chat",
            "tool calls without an index",
            "pieces of a call's arguments",
        )
    ),
)
