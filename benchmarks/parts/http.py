"""Blocking HTTP clients over loopback: chat events, each a chunk of its own, unframed, compressed, over TLS."""

from __future__ import annotations

from importlib.util import find_spec

from benchmarks.clients import CLIENTS, OURS
from benchmarks.measure import Effort, Field
from benchmarks.peers import installed
from benchmarks.report import Result, against, failures, figures, raw
from benchmarks.rows import by_column, details
from benchmarks.server import serving

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on each framing."""
    result = Result("http")
    count = effort.pick(20_000, 4_000, 200)
    found, names = {}, installed(CLIENTS, effort.level)
    with serving() as server, Field(names, server.environment) as field:
        for framing in ("chunked", "unframed", "gzip", "tls"):
            if framing == "tls" and not server.tls:
                result.notes.append("Nothing over TLS: trustme is not installed.")
                continue
            url = server.url(framing)
            tasks = {name: ["benchmarks.clients", "client", name, url, count] for name in names}
            found[framing] = samples = field.compare(tasks, effort)
            result.notes += failures(samples, framing)
            result.raw[framing] = raw(samples)
            result.figures |= figures(f"http: {framing}", against(samples, OURS))
    result.tables = [by_column(found, OURS, f"CPU an event, times that of {OURS}"), details(found, OURS, "an event")]
    if find_spec("httpx") is None:
        result.notes.append("httpx-sse ran on httpx2: httpx is not installed.")
    return result
